// Standard input as lines of JSON: bounded, strict about UTF-8, and never stopped by a bad line.
// Knows where a line ends and which id it carries, nothing else.

/** Bytes of the longest line that is read. */
export const LINE_LIMIT_BYTES = 1024 * 1024;

/** `id` is the request's own where it could be found, else null. */
export type InputLine =
  | { readonly ok: true; readonly text: string; readonly id: string | number | null }
  | { readonly ok: false; readonly problem: string; readonly id: string | number | null };

const NEWLINE = 0x0a;
// Enough of an overlong line to find the id that it begins with.
const KEPT_OF_OVERLONG_BYTES = 4096;

/** The lines of the input, in batches as they arrive. Blank lines are none. */
export async function* inputLines(
  input: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<readonly InputLine[]> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (piece: Buffer) => {
    const fitted = heldBytes <= LINE_LIMIT_BYTES;
    heldBytes += piece.length;
    if (!fitted) return;
    held.push(piece);
    // Of an overlong line only the beginning is of use.
    if (heldBytes > LINE_LIMIT_BYTES) {
      held = [Buffer.from(Buffer.concat(held).subarray(0, KEPT_OF_OVERLONG_BYTES))];
    }
  };
  const take = (): InputLine | null => {
    const line = readLine(Buffer.concat(held), heldBytes);
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of input) {
    const batch: InputLine[] = [];
    let rest = Buffer.from(chunk as Uint8Array);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      hold(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = take();
      if (line !== null) batch.push(line);
    }
    if (rest.length > 0) hold(rest);
    if (batch.length > 0) yield batch;
  }
  const last = take();
  if (last !== null) yield [last];
}

function readLine(bytes: Buffer, sizeBytes: number): InputLine | null {
  if (sizeBytes > LINE_LIMIT_BYTES) {
    const problem = `this line has ${sizeBytes} bytes, at most ${LINE_LIMIT_BYTES} are read`;
    return { ok: false, problem, id: leadingId(bytes.toString('utf8')) };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? null : { ok: true, text, id: leadingId(text) };
  } catch {
    const problem = 'this line is not valid UTF-8';
    return { ok: false, problem, id: leadingId(bytes.toString('utf8')) };
  }
}

/** The id that a line begins with: of a line that cannot be read whole, this much can be told. */
function leadingId(text: string): string | number | null {
  const found = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){0,1000}"|-?\d{1,15})\s*[,}]/.exec(text)?.[1];
  if (found === undefined) return null;
  try {
    return JSON.parse(found) as string | number;
  } catch {
    return null;
  }
}
