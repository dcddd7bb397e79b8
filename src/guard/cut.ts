// A card that is too long for its platform, cut so that it can be sent at all: the beginning and
// the end of each long text, and how much is missing. It informs; nobody may approve by it.
import type { CardBlock } from '../bus/messages.ts';
import { boundary } from './split.ts';

interface Lengths {
  /** UTF-16 units that stay of code, and of any other string. */
  readonly code: number;
  readonly other: number;
  /** Blocks and rows that stay. */
  readonly parts: number;
}

// The first that fits is sent. Code is cut first: it is what is long.
const ATTEMPTS: readonly Lengths[] = [
  { code: 3000, other: Number.POSITIVE_INFINITY, parts: Number.POSITIVE_INFINITY },
  { code: 1400, other: Number.POSITIVE_INFINITY, parts: Number.POSITIVE_INFINITY },
  { code: 2400, other: 240, parts: 60 },
  { code: 1000, other: 120, parts: 30 },
  { code: 300, other: 60, parts: 12 },
  { code: 60, other: 40, parts: 6 },
  { code: 40, other: 24, parts: 3 },
];

/** The longest cut that fits, or the shortest that there is. It ends with what is wrong. */
export function cutToFit(
  blocks: readonly CardBlock[],
  problem: string,
  fits: (blocks: readonly CardBlock[]) => boolean,
): CardBlock[] {
  let cut: CardBlock[] = [];
  for (const lengths of ATTEMPTS) {
    cut = [...cutBlocks(blocks, lengths), { kind: 'text', text: `Not shown whole: ${problem}.` }];
    if (fits(cut)) break;
  }
  return cut;
}

function cutBlocks(blocks: readonly CardBlock[], lengths: Lengths): CardBlock[] {
  let left = lengths.parts;
  let dropped = 0;
  const kept: CardBlock[] = [];
  for (const block of blocks) {
    const count = block.kind === 'fields' ? block.rows.length : 1;
    const room = Math.min(count, left);
    left -= room;
    dropped += count - room;
    if (room > 0) kept.push(...cutBlock(block, room, lengths));
  }
  if (dropped > 0) kept.push({ kind: 'text', text: `⟨cut: ${dropped} more parts⟩` });
  return kept;
}

function cutBlock(block: CardBlock, rows: number, { code, other }: Lengths): CardBlock[] {
  const short = (text: string) => {
    const [head, cut, tail] = pieces(text, other);
    return cut === 0 ? head : `${head}⟨cut: ${cut} characters⟩${tail}`;
  };
  switch (block.kind) {
    case 'heading':
    case 'text':
      return [{ ...block, text: short(block.text) }];
    case 'quote':
      return [{ ...block, by: short(block.by), text: short(block.text) }];
    case 'fields':
      return [
        {
          ...block,
          rows: block.rows.slice(0, rows).map(([label, value]) => [short(label), short(value)]),
        },
      ];
    case 'code':
    case 'output': {
      const [head, cut, tail] = pieces(block.text, code);
      if (cut === 0) return [block];
      const note = `⟨cut: ${cut} of ${block.text.length} characters are not shown⟩`;
      return [
        { ...block, text: `${head}⟨…⟩` },
        { kind: 'text', text: note },
        { ...block, text: `⟨…⟩${tail}` },
      ];
    }
  }
}

/** Head, how much is cut (0: nothing, and the head is all), tail. */
function pieces(text: string, limit: number): readonly [string, number, string] {
  if (text.length <= limit) return [text, 0, ''];
  const head = boundary(text, Math.floor((limit * 2) / 3));
  const tail = boundary(text, text.length - Math.floor(limit / 3));
  return [text.slice(0, head), tail - head, text.slice(tail)];
}
