// A card with every string made visible, ready to be escaped for a platform. Platforms differ in
// what their fences cannot hold and what their servers remove: that is given, nothing else.
import type { Card, CardBlock } from '../bus/messages.ts';
import { inRunningOrder } from './direction.ts';
import { markLooks } from './look-marks.ts';
import type { Marks } from './marks.ts';
import { shownOutput, visible } from './visible.ts';

export interface ShownOptions {
  /** What to name or keep back besides what nobody can see; look-alikes if absent. */
  readonly marks?: Marks;
}

/** How one platform wants texts that are visible already. */
export interface PlatformTexts {
  /** Applied to every string: names what the platform itself would remove. */
  readonly every?: (text: string) => string;
  /** Applied to what stands in a fence: names what would end it. */
  readonly fenced?: (text: string) => string;
}

/** The blocks of a card as a reader sees them. No string is empty. */
export function shownBlocks(
  card: Card,
  { marks = markLooks }: ShownOptions = {},
  { every = same, fenced = same }: PlatformTexts = {},
): CardBlock[] {
  const line = (text: string) => every(visible(text, { newlines: 'show', marks }));
  const lines = (text: string) => every(visible(text, { newlines: 'keep', marks }));
  return card.blocks.filter(isShown).map((block): CardBlock => {
    if (block.kind === 'fields') {
      const rows = block.rows.map(
        ([label, value]) => [line(label) || EMPTY, line(value) || EMPTY] as const,
      );
      return { kind: 'fields', rows };
    }
    if (block.kind === 'output') {
      return { ...block, text: fenced(every(shownOutput(block.text))) || EMPTY };
    }
    if (block.kind === 'code') {
      return { ...block, text: fenced(inRunningOrder(lines(block.text))) || EMPTY };
    }
    if (block.kind === 'heading') return { ...block, text: line(block.text) || EMPTY };
    const text = lines(block.text) || EMPTY;
    return block.kind === 'quote'
      ? { ...block, by: line(block.by) || EMPTY, text }
      : { ...block, text };
  });
}

/** Fields without rows show nothing, not even that they are empty. */
function isShown(block: CardBlock): boolean {
  return block.kind !== 'fields' || block.rows.length > 0;
}

/** Stands where there is nothing to show. */
export const EMPTY = '⟨empty⟩';
/** Stands on a line of a quote that is empty: so the quote does not end there. */
export const EMPTY_LINE = '⟨empty line⟩';

function same(text: string): string {
  return text;
}
