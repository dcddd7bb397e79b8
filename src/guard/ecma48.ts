// Terminal escapes as ECMA-48 (5th edition), ISO 2022 and xterm have them: what begins where, where
// it ends, and text without them. Linear and total. Nothing here decides what becomes of them.

/**
 * `CSI`: parameters and a final. `OSC` to `SOS`: control strings. `escape`: ESC with intermediates
 * and a final. `C1`: any other eight-bit control. `lone`: an ESC that begins nothing.
 */
export type SequenceKind = 'CSI' | 'OSC' | 'DCS' | 'APC' | 'PM' | 'SOS' | 'escape' | 'C1' | 'lone';

/** One escape sequence: offsets in UTF-16 units, `end` is after its last unit. */
export interface Sequence {
  readonly kind: SequenceKind;
  readonly at: number;
  readonly end: number;
  /** Parameters and intermediates of a CSI or escape, the text of a control string. */
  readonly body: string;
  /** The character that says what it does; empty for strings and broken ones. */
  readonly final: string;
  /** False where the text ended, or something broke it, before its end. */
  readonly isComplete: boolean;
}

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const NEWLINE = 0x0a;
const ST = 0x9c;

// By the eight-bit introducer, and by what follows ESC in the seven-bit form.
const INTRODUCERS: ReadonlyMap<number, SequenceKind> = new Map([
  [0x90, 'DCS'],
  [0x98, 'SOS'],
  [0x9b, 'CSI'],
  [0x9d, 'OSC'],
  [0x9e, 'PM'],
  [0x9f, 'APC'],
]);
const C1_OFFSET = 0x40;

/** The escape sequence that begins at `at`, or null where none does. */
export function sequenceAt(text: string, at: number): Sequence | null {
  const code = text.charCodeAt(at);
  if (code === ESC) {
    const kind = INTRODUCERS.get(text.charCodeAt(at + 1) + C1_OFFSET);
    if (kind === 'CSI') return csi(text, at, at + 2);
    return kind === undefined ? plainEscape(text, at) : controlString(text, kind, at, at + 2);
  }
  if (!between(code, 0x80, 0x9f)) return null;
  const kind = INTRODUCERS.get(code);
  if (kind === 'CSI') return csi(text, at, at + 1);
  if (kind !== undefined) return controlString(text, kind, at, at + 1);
  return { kind: 'C1', at, end: at + 1, body: '', final: text.charAt(at), isComplete: true };
}

/**
 * Where the escape sequence that begins at `at` ends, in UTF-16 units; `at` itself where none
 * begins, also at a C1 control that begins none. A control string that is never closed ends with
 * its line, so that it cannot take the rest of the text with it. A broken sequence ends before what
 * broke it.
 */
export function escapeEnd(text: string, at: number): number {
  const found = sequenceAt(text, at);
  return found === null || found.kind === 'C1' ? at : found.end;
}

/** Every escape sequence and C1 control of a text, in order. */
export function sequencesOf(text: string): Sequence[] {
  const found: Sequence[] = [];
  let at = 0;
  while (at < text.length) {
    const sequence = sequenceAt(text, at);
    if (sequence !== null) found.push(sequence);
    at = sequence?.end ?? at + 1;
  }
  return found;
}

/**
 * The text without escape sequences and C1 controls. It is a fixed point at once: no ESC and no C1
 * is left, so what stands together afterwards cannot form a new sequence.
 */
export function withoutSequences(text: string): string {
  let out = '';
  let at = 0;
  for (const sequence of sequencesOf(text)) {
    out += text.slice(at, sequence.at);
    at = sequence.end;
  }
  return out + text.slice(at);
}

function csi(text: string, at: number, from: number): Sequence {
  let end = from;
  while (between(text.charCodeAt(end), 0x30, 0x3f)) end += 1;
  while (between(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  const isComplete = between(text.charCodeAt(end), 0x40, 0x7e);
  return finished('CSI', text, at, from, end, isComplete);
}

// nF escapes have intermediates before their final; all others (Fp, Fe, Fs) are two bytes.
function plainEscape(text: string, at: number): Sequence {
  let end = at + 1;
  while (between(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  const isComplete = between(text.charCodeAt(end), 0x30, 0x7e);
  const kind = isComplete || end > at + 1 ? 'escape' : 'lone';
  return finished(kind, text, at, at + 1, end, isComplete);
}

function finished(
  kind: SequenceKind,
  text: string,
  at: number,
  from: number,
  end: number,
  isComplete: boolean,
): Sequence {
  const final = isComplete ? text.charAt(end) : '';
  return {
    kind,
    at,
    end: end + final.length,
    body: text.slice(from, end),
    final,
    isComplete,
  };
}

function controlString(text: string, kind: SequenceKind, at: number, from: number): Sequence {
  let end = from;
  let closed = 0;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === BEL || code === ST || code === CAN || code === SUB) closed = 1;
    else if (code === ESC && text.charAt(end + 1) === '\\') closed = 2;
    if (closed > 0 || code === ESC || code === NEWLINE) break;
  }
  const body = text.slice(from, end);
  return { kind, at, end: end + closed, body, final: '', isComplete: closed > 0 };
}

function between(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
