// Words that chat clients would make links, mentions, commands, hashtags or numbers of. It errs on
// the side of too many: a word too many in monospace does no harm.

// What every such word has inside: @name, /command, #tag, $TAG, host.name, scheme:, +number.
const TRIGGER = /[@#$/\\:.+&%*_~`|<>=[\]{}^⟨⟩＠＃]/;
const AROUND = /^["'(«„“]+|[.,:;!?)"'»”…]+$/g;
// A mark of the renderer's with a blank in it is one word.
const WORD = /(?:⟨[^⟨⟩\n]{0,80}⟩|[^ \n])+/g;
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
  let before: Word = { span: { start: 0, end: 0 }, number: false, taken: false };
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const span = { start: match.index, end: match.index + word.length };
    const number = NUMBER.test(word);
    // Numbers in a row could be one phone or card number.
    const inRow = number && before.number;
    if (inRow && !before.taken) spans.push(before.span);
    const taken = inRow || isRisky(word);
    if (taken) spans.push(span);
    before = { span, number, taken };
  }
  return spans;
}

interface Word {
  readonly span: Span;
  readonly number: boolean;
  readonly taken: boolean;
}

function isRisky(word: string): boolean {
  const core = word.replace(AROUND, '');
  return TRIGGER.test(core) || (core.match(DIGITS)?.length ?? 0) > MOST_DIGITS;
}
