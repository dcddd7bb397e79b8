// Parting one block of a card at a place where a reader loses nothing: never within a character, an
// emoji or a mark, and in code rather between lines or commands than within a word.
import type { CardBlock } from '../bus/messages.ts';

/** Stands at the end of a text that goes on in the next message. */
export const GOES_ON = '⟨goes on⟩';
/** Stands at the beginning of a text that began in the message before. */
export const CONTINUED = '⟨continued⟩';

/** Less than this of a block is not worth beginning it at the end of a message. */
const SMALLEST_HEAD = 200;
/** How far back from the latest possible place a better one is looked for. */
const WINDOW = 0.3;

// From best to worst: after a line, after an operator of a shell, after a blank.
const BETTER: readonly RegExp[] = [/\n/g, /(?:[;|&]+ ?)(?=[^;|& ])/g, / (?! )/g];

export interface Split {
  readonly head: CardBlock;
  readonly rest: CardBlock;
}

/**
 * The block in two, the first one as long as `fits` lets it; null where it cannot be parted or only
 * very little would fit. With `must`, a little is enough.
 */
export function splitBlock(
  block: CardBlock,
  fits: (head: CardBlock) => boolean,
  must: boolean,
): Split | null {
  switch (block.kind) {
    case 'heading':
      return null;
    case 'fields':
      return splitFields(block.rows, fits, must);
    default:
      return splitText(block, fits, must ? 1 : SMALLEST_HEAD);
  }
}

type TextBlock = Extract<CardBlock, { kind: 'text' | 'code' | 'output' | 'quote' }>;

function splitText(
  block: TextBlock,
  fits: (head: CardBlock) => boolean,
  smallest: number,
): Split | null {
  const { text } = block;
  const head = (at: number): CardBlock => ({ ...block, text: text.slice(0, at) + GOES_ON });
  const at = placeIn(text, (each) => fits(head(each)));
  // What began as a mark of ours must leave room for more than that mark.
  if (at < smallest || (text.startsWith(CONTINUED) && at <= CONTINUED.length)) return null;
  return { head: head(at), rest: { ...block, text: CONTINUED + text.slice(at) } };
}

function splitFields(
  rows: readonly (readonly [string, string])[],
  fits: (head: CardBlock) => boolean,
  must: boolean,
): Split | null {
  const fields = (some: typeof rows): CardBlock => ({ kind: 'fields', rows: some });
  let count = 0;
  while (count < rows.length && fits(fields(rows.slice(0, count + 1)))) count += 1;
  if (count > 0) return { head: fields(rows.slice(0, count)), rest: fields(rows.slice(count)) };
  const [first, ...more] = rows;
  if (first === undefined || !must) return null;
  const [label, value] = first;
  const head = (at: number) => fields([[label, value.slice(0, at) + GOES_ON]]);
  const at = placeIn(value, (each) => fits(head(each)));
  if (at === 0 || (value.startsWith(CONTINUED) && at <= CONTINUED.length)) return null;
  return { head: head(at), rest: fields([[label, CONTINUED + value.slice(at)], ...more]) };
}

/** A good place at which the beginning of the text still fits; 0 for none. */
function placeIn(text: string, fits: (at: number) => boolean): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  // Sizes grow with the text but for what is named at its end: look once more where it is parted.
  let at = betterPlace(text, low);
  while (at > 0 && !fits(at)) at = boundary(text, at - 1);
  return at;
}

function betterPlace(text: string, latest: number): number {
  const earliest = Math.floor(latest * (1 - WINDOW));
  const window = text.slice(earliest, latest);
  for (const better of BETTER) {
    const found = [...window.matchAll(better)].at(-1);
    if (found === undefined) continue;
    const at = earliest + found.index + found[0].length;
    if (boundary(text, at) === at) return at;
  }
  return boundary(text, latest);
}

/** The nearest place at or before `at` that splits no character with its marks, and no `⟨mark⟩`. */
export function boundary(text: string, at: number): number {
  const mark = text.lastIndexOf('⟨', at - 1);
  let place = mark >= 0 && text.indexOf('⟩', mark) >= at ? mark : at;
  while (place > 0 && place < text.length && joins(text, place)) place -= 1;
  return place;
}

// Marks, joiners, skin tones, tags.
const JOINS_BEFORE = /^(?:\p{M}|\u200C|\u200D|[\u{1F3FB}-\u{1F3FF}]|[\u{E0020}-\u{E007F}])/u;

/** Whether what stands before and after this place belongs together. */
function joins(text: string, place: number): boolean {
  const low = text.charCodeAt(place);
  if (low >= 0xdc00 && low <= 0xdfff) return true;
  if (text.charCodeAt(place - 1) === 0x200d) return true;
  // Only from U+0300 on are there marks.
  return low >= 0x300 && JOINS_BEFORE.test(text.slice(place, place + 2));
}
