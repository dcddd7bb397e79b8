// Words that chat clients would make links, mentions, commands, hashtags or numbers of. It errs on
// the side of too many: a word too many in monospace does no harm.

// What every such word has inside: @name, /command, #tag, $TAG, host.name, scheme:, +number.
const TRIGGER = /[@#$/\\:.+&%*_~`|<>=[\]{}^⟨⟩＠＃]/;
const AROUND = /^["'(«„“]+|[.,:;!?)"'»”…]+$/g;
const DIGITS = /\p{Nd}/gu;
const NUMBER = /^[\p{Nd}\p{P}]*\p{Nd}[\p{Nd}\p{P}]*$/u;
const MOST_DIGITS = 3;

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The words (between blanks) that a client could make something of, in order. */
export function autolinkable(text: string): Span[] {
  const spans: Span[] = [];
  let before: (Span & { number: boolean; risky: boolean }) | null = null;
  for (const match of text.matchAll(/[^ \n]+/g)) {
    const [word] = match;
    const span = { start: match.index, end: match.index + word.length };
    const number = NUMBER.test(word);
    // Numbers in a row could be one phone or card number.
    const row: boolean = number && before?.number === true;
    if (row && before !== null && !before.risky)
      spans.push({ start: before.start, end: before.end });
    const risky: boolean = row || isRisky(word);
    if (risky) spans.push(span);
    before = { ...span, number, risky };
  }
  return spans;
}

function isRisky(word: string): boolean {
  const core = word.replace(AROUND, '');
  return TRIGGER.test(core) || (core.match(DIGITS)?.length ?? 0) > MOST_DIGITS;
}
