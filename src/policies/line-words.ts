// Splits the typed line of a rule into words with their places, as patterns are split: blanks
// separate, quotes group. The reason behind `because` is cut off first, whatever it holds.

/** One word of the line, without its quotes. */
export interface LineWord {
  readonly text: string;
  /** Any part of it is quoted. */
  readonly quoted: boolean;
  /** Where it ends in the line. */
  readonly end: number;
}

export interface LineWords {
  readonly words: readonly LineWord[];
  /** What follows the first unquoted `because`, or null. */
  readonly reason: string | null;
}

/** Splits a line; where a quote is not closed, quotes are taken as they are. */
export function lineWords(line: string): LineWords {
  return split(line, true) ?? split(line, false) ?? { words: [], reason: null };
}

function split(line: string, quotes: boolean): LineWords | null {
  const words: LineWord[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(line[at] ?? '')) at += 1;
    if (at >= line.length) return { words, reason: null };
    let text = '';
    let quoted = false;
    while (at < line.length && !/\s/.test(line[at] as string)) {
      const char = line[at] as string;
      const close = quotes && (char === '"' || char === "'") ? line.indexOf(char, at + 1) : at;
      if (close < 0) return null;
      if (close > at) {
        text += line.slice(at + 1, close);
        quoted = true;
      } else text += char;
      at = close + 1;
    }
    const reason = line.slice(at).trim();
    const because = !quoted && text.toLowerCase() === 'because';
    if (because && words.length > 0 && reason !== '') return { words, reason };
    words.push({ text, quoted, end: at });
  }
}
