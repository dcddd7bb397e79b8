// A terminal's screen, as ECMA-48 and xterm have it: what stands where after these characters were
// written, and everything that was more than writing. Written apart from src/guard.

export interface Screen {
  readonly rows: readonly string[];
  /** Colours by row: the text of each stretch with the SGR parameters it was written in. */
  readonly painted: readonly (readonly (readonly [params: string, text: string])[])[];
  /** Controls and sequences other than SGR and newline, and rows that ran into the edge. */
  readonly live: readonly string[];
}

const SEQUENCE = /^\[([0-9;]*)([@-~])/;
const ESC = String.fromCharCode(0x1b);
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18CFF}\u{1B000}-\u{1B2FF}\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

/** The screen after `text`, on a terminal of so many columns that wraps by itself. */
export function screenOf(text: string, columns: number): Screen {
  const rows: string[] = [''];
  const painted: [string, string][][] = [[]];
  const live: string[] = [];
  let params = '';
  let used = 0;
  let at = 0;
  while (at < text.length) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    at += char.length;
    const sequence = char === ESC ? SEQUENCE.exec(text.slice(at, at + 40)) : null;
    if (sequence !== null) {
      at += sequence[0].length;
      if (sequence[2] === 'm') params = sequence[1] === '0' ? '' : (sequence[1] ?? '');
      else live.push(sequence[0]);
    } else if (char === '\n') {
      rows.push('');
      painted.push([]);
      used = 0;
    } else if (/\p{Cc}/u.test(char)) live.push(char);
    else {
      used += widthOf(char);
      if (used > columns) live.push(`row ${rows.length} runs into the edge`);
      rows[rows.length - 1] += char;
      const row = painted.at(-1) ?? [];
      const last = row.at(-1);
      if (last?.[0] === params) last[1] += char;
      else row.push([params, char]);
    }
  }
  return { rows, painted, live };
}

function widthOf(char: string): number {
  if (/\p{M}|\p{Cf}/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
