// A card as the few messages that a platform allows: whole, or refused. Text is parted where it may
// be, each part says which one it is, and a part that goes on says so in marks nobody can forge.
import type { CardBlock } from '../bus/messages.ts';
import { cutToFit } from './cut.ts';
import type { ShownOptions } from './shown-card.ts';
import { boundary, splitBlock } from './split.ts';

/** One platform's messages: their size is what its limit counts. */
export interface Medium<Message> {
  /** For people: `Telegram`. */
  readonly name: string;
  readonly limit: number;
  /** Most messages that one card may take. */
  readonly mostParts: number;
  readonly render: (blocks: readonly CardBlock[]) => Message;
  /** Infinite where the platform has another limit and this is beyond it. */
  readonly sizeOf: (message: Message) => number;
}

export interface PartsOptions extends ShownOptions {
  /** Fewer messages than usual: as many as the card was sent in, where it is edited. */
  readonly mostParts?: number;
}

/** `whole: false`: one message, cut, which says so; nobody may approve by it. */
export type CardParts<Message> =
  | { readonly whole: true; readonly messages: readonly Message[] }
  | { readonly whole: false; readonly messages: readonly [Message]; readonly refused: string };

const LONGEST_TITLE = 60;
const BALANCING_STEPS = 6;

/** The messages that show these blocks, which are visible already. */
export function inParts<Message>(
  blocks: readonly CardBlock[],
  medium: Medium<Message>,
  mostParts = medium.mostParts,
): CardParts<Message> {
  const { name, limit, render, sizeOf } = medium;
  const size = (some: readonly CardBlock[], within: number) =>
    // Rendering never makes a text shorter: what is too long already need not be rendered.
    lengthOf(some) > within ? Number.POSITIVE_INFINITY : sizeOf(render(some));
  if (size(blocks, limit) <= limit) return { whole: true, messages: [render(blocks)] };
  const pages = balanced(
    (within) => paged(blocks, mostParts, (some) => size(some, within) <= within),
    limit,
  );
  if (pages !== null) {
    const titled = pages.map((page, at) => withTitle(page, blocks, at + 1, pages.length));
    return { whole: true, messages: titled.map(render) };
  }
  const refused = `too long to be shown whole in ${mostParts} ${name} message${mostParts === 1 ? '' : 's'}`;
  const cut = cutToFit(blocks, refused, (some) => size(some, limit) <= limit);
  return { whole: false, messages: [render(cut)], refused };
}

type Pages = readonly (readonly CardBlock[])[];

/** As many pages as are needed, of about the same size, so that none is a mere tail. */
function balanced(pagesWithin: (limit: number) => Pages | null, limit: number): Pages | null {
  let best = pagesWithin(limit);
  if (best === null) return null;
  let low = Math.floor(limit / 2);
  let high = limit;
  for (let step = 0; step < BALANCING_STEPS; step += 1) {
    const middle = Math.floor((low + high) / 2);
    const pages = pagesWithin(middle);
    if (pages !== null && pages.length === best.length) {
      best = pages;
      high = middle;
    } else low = middle;
  }
  return best;
}

function paged(
  blocks: readonly CardBlock[],
  most: number,
  fits: (blocks: readonly CardBlock[]) => boolean,
): Pages | null {
  const waiting = [...blocks];
  const pages: CardBlock[][] = [];
  let page: CardBlock[] = [];
  const fitsHere = (block: CardBlock) =>
    fits(withTitle([...page, block], blocks, Math.max(2, pages.length + 1), most));
  for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
    if (fitsHere(block)) {
      page.push(block);
      continue;
    }
    const split = splitBlock(block, fitsHere, page.length === 0);
    if (split === null && page.length === 0) return null;
    if (split !== null) page.push(split.head);
    waiting.unshift(split === null ? block : split.rest);
    pages.push(page);
    page = [];
    if (pages.length >= most) return null;
  }
  return [...pages, page];
}

/** Each message names the card that it is a part of: they may be far apart in a chat. */
function withTitle(
  page: readonly CardBlock[],
  all: readonly CardBlock[],
  part: number,
  parts: number,
): CardBlock[] {
  const place = `part ${part} of ${parts}`;
  const [first, ...more] = page;
  if (part === 1 && first?.kind === 'heading')
    return [first, { kind: 'text', text: place }, ...more];
  const heading = all.find((block) => block.kind === 'heading');
  if (heading === undefined) return [{ kind: 'text', text: place }, ...page];
  const { tone, text } = heading;
  const short =
    text.length > LONGEST_TITLE ? `${text.slice(0, boundary(text, LONGEST_TITLE))}⟨…⟩` : text;
  return [{ kind: 'heading', tone, text: short }, { kind: 'text', text: place }, ...page];
}

function lengthOf(blocks: readonly CardBlock[]): number {
  let length = 0;
  for (const block of blocks) {
    if (block.kind === 'fields')
      for (const row of block.rows) length += row[0].length + row[1].length;
    else length += block.text.length;
  }
  return length;
}
