// Keeps the head and the tail of what an action prints, in order of arrival, and names the bytes
// cut out between them. Pure: it reads no clock, no file and no stream. What it hands out for
// watchers is, joined, exactly what it keeps for the record.
import type { OutputChunk } from '../bus/approval.ts';

/** What stays of an output. */
interface KeptOutput {
  /** Everything that is kept, in order: head, notice, tail. */
  readonly kept: readonly OutputChunk[];
  /** The end of `kept` that `add` has not handed out yet: the notice and the tail. */
  readonly rest: readonly OutputChunk[];
  readonly omittedBytes: number;
}

/** Takes output as it comes; `finish` ends it. */
interface OutputKeeper {
  /** Takes a piece; returns what of it is certain to be kept, for those who watch. */
  add(stream: 'stdout' | 'stderr', bytes: Uint8Array): readonly OutputChunk[];
  finish(): KeptOutput;
}

interface Piece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

// Two streams that alternate byte by byte would cost a hundred times their size in objects.
const MAX_PIECES = 16_384;

/** Keeps at most `limitBytes`: the first half at once, the second half from the end. */
export function createOutputKeeper(limitBytes: number): OutputKeeper {
  if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) {
    throw new RangeError(`the output limit must be a whole number of bytes, not ${limitBytes}`);
  }
  const headLimit = Math.ceil(limitBytes / 2);
  const head: Piece[] = [];
  let headBytes = 0;
  let tail: Tail | null = headLimit === 0 ? new Tail(0) : null;

  return {
    add(stream, bytes) {
      if (bytes.length === 0) return [];
      if (tail !== null) {
        tail.push({ stream, bytes });
        return [];
      }
      let fits = Math.min(bytes.length, headLimit - headBytes);
      if (fits < bytes.length) fits = wholeCharacters(bytes, fits);
      const first: Piece = { stream, bytes: new Uint8Array(bytes.subarray(0, fits)) };
      if (fits > 0) head.push(first);
      headBytes += fits;
      if (fits < bytes.length || headBytes >= headLimit || head.length >= MAX_PIECES) {
        // What a whole character left of the head's half is the tail's: all that fits is kept.
        tail = new Tail(limitBytes - headBytes);
        if (fits < bytes.length) tail.push({ stream, bytes: bytes.subarray(fits) });
      }
      return fits > 0 ? [chunkOf(first)] : [];
    },

    finish() {
      const { pieces, omittedBytes } = tail?.finish() ?? { pieces: [], omittedBytes: 0 };
      const rest: OutputChunk[] = [];
      if (omittedBytes > 0) rest.push(noticeOf(omittedBytes));
      for (const piece of joined(pieces)) rest.push(chunkOf(piece));
      return { kept: [...joined(head).map(chunkOf), ...rest], rest, omittedBytes };
    },
  };
}

/**
 * The newest bytes, at most `limit` of them; counts what it lets go. A ring: gigabytes may pass
 * through, and garbage in proportion to them would be memory in proportion to them.
 */
class Tail {
  readonly #ring: Uint8Array;
  /** The streams of what is in the ring, oldest first, from `#first` on. */
  #runs: { readonly stream: Piece['stream']; bytes: number }[] = [];
  #first = 0;
  #start = 0;
  #bytes = 0;
  #omitted = 0;

  constructor(limit: number) {
    this.#ring = new Uint8Array(limit);
  }

  push({ stream, bytes }: Piece): void {
    const limit = this.#ring.length;
    const skipped = Math.max(0, bytes.length - limit);
    this.#omitted += skipped;
    const newest = bytes.subarray(skipped);
    this.#drop(this.#bytes + newest.length - limit);
    if (newest.length === 0) return;
    const end = (this.#start + this.#bytes) % limit;
    const upToEdge = newest.subarray(0, limit - end);
    this.#ring.set(upToEdge, end);
    this.#ring.set(newest.subarray(upToEdge.length), 0);
    this.#bytes += newest.length;
    const last = this.#runs.at(-1);
    if (last?.stream === stream && this.#runs.length > this.#first) last.bytes += newest.length;
    else this.#runs.push({ stream, bytes: newest.length });
    if (this.#runs.length - this.#first > MAX_PIECES) {
      this.#drop(this.#runs[this.#first]?.bytes ?? 0);
    }
  }

  #drop(count: number): void {
    let left = Math.max(0, count);
    if (left === 0) return;
    this.#omitted += left;
    this.#bytes -= left;
    this.#start = (this.#start + left) % this.#ring.length;
    while (left > 0) {
      const oldest = this.#runs[this.#first];
      if (oldest === undefined) throw new Error('the tail of the output lost count of itself');
      const cut = Math.min(left, oldest.bytes);
      oldest.bytes -= cut;
      left -= cut;
      if (oldest.bytes === 0) this.#first += 1;
    }
    if (this.#first > MAX_PIECES) {
      this.#runs = this.#runs.slice(this.#first);
      this.#first = 0;
    }
  }

  finish(): { pieces: readonly Piece[]; omittedBytes: number } {
    const { length } = this.#ring;
    const inOrder = Buffer.concat([
      this.#ring.subarray(this.#start, Math.min(length, this.#start + this.#bytes)),
      this.#ring.subarray(0, Math.max(0, this.#start + this.#bytes - length)),
    ]);
    const pieces: Piece[] = [];
    let at = 0;
    for (const { stream, bytes } of this.#runs.slice(this.#first)) {
      pieces.push({ stream, bytes: inOrder.subarray(at, at + bytes) });
      at += bytes;
    }
    const oldest = pieces[0];
    if (this.#omitted > 0 && oldest !== undefined) {
      const skip = continuationBytes(oldest.bytes);
      pieces[0] = { stream: oldest.stream, bytes: oldest.bytes.subarray(skip) };
      this.#omitted += skip;
    }
    return { pieces, omittedBytes: this.#omitted };
  }
}

/** How many of the first `length` bytes end with a whole UTF-8 character (or are not UTF-8). */
function wholeCharacters(bytes: Uint8Array, length: number): number {
  for (let back = 1; back <= Math.min(3, length); back += 1) {
    const byte = bytes[length - back] ?? 0;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? length - back : length;
    }
  }
  return length;
}

/** How many bytes at the start belong to a UTF-8 character that began before. */
function continuationBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < bytes.length && ((bytes[count] ?? 0) & 0xc0) === 0x80) {
    count += 1;
    if (count > 3) return 0;
  }
  return count;
}

/** Neighbours of the same stream as one piece. */
function joined(pieces: readonly Piece[]): Piece[] {
  const runs: { stream: Piece['stream']; parts: Uint8Array[] }[] = [];
  for (const piece of pieces) {
    if (piece.bytes.length === 0) continue;
    const last = runs.at(-1);
    if (last?.stream === piece.stream) last.parts.push(piece.bytes);
    else runs.push({ stream: piece.stream, parts: [piece.bytes] });
  }
  return runs.map(({ stream, parts }) => ({ stream, bytes: Buffer.concat(parts) }));
}

function chunkOf(piece: Piece): OutputChunk {
  return { stream: piece.stream, base64: Buffer.from(piece.bytes).toString('base64') };
}

function noticeOf(omittedBytes: number): OutputChunk {
  const text = `\n… ${omittedBytes.toLocaleString('en-US')} bytes cut out …\n`;
  return { stream: 'notice', base64: Buffer.from(text, 'utf8').toString('base64') };
}
