// What each block of a card is meant to show, in words that every platform's model speaks.
import { expect } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { markLooks } from '../../src/guard/look-marks.ts';
import { plainOutput, visible } from '../../src/guard/visible.ts';
import { readBack, spacesAside } from './read-back.ts';

/** A run of text as a client shows it. `live`: something a client would act on. */
export interface Run {
  readonly kind: 'text' | 'bold' | 'code' | 'fence' | 'quote' | 'live';
  readonly text: string;
}

/** Neighbours of the same kind as one. */
export function merged(runs: readonly Run[]): Run[] {
  const out: Run[] = [];
  for (const run of runs) {
    const last = out.at(-1);
    const joins = last?.kind === run.kind && run.kind !== 'fence' && run.kind !== 'live';
    if (joins && last !== undefined) out[out.length - 1] = { ...last, text: last.text + run.text };
    else if (run.text !== '') out.push(run);
  }
  return out;
}

/** All that is in fences, one text for each block, pieces in several messages joined. */
export function fences(messages: readonly (readonly Run[])[]): string[] {
  const out: string[] = [];
  for (const { text } of messages.flat().filter(({ kind }) => kind === 'fence')) {
    const last = out.length - 1;
    if (text.startsWith('⟨continued⟩')) out[last] = (out[last] ?? '') + text;
    else out.push(text);
  }
  return out;
}

/** That every fence holds the code or output of its block, whole and in order, and nothing else. */
export function expectFences(shown: readonly string[], card: Card): void {
  const blocks = card.blocks.filter(({ kind }) => kind === 'code' || kind === 'output');
  expect(shown.length).toBe(blocks.length);
  for (const [at, block] of blocks.entries()) {
    if (block.kind === 'code') {
      expect(readBack(shown[at] ?? '', true)).toBe(spacesAside(block.text));
    } else if (block.kind === 'output') {
      // Controls are removed from output, so it cannot be read back: what is left must be there.
      const words: string[] = plainOutput(block.text).match(/[a-z]{2,}/g) ?? [];
      const text = shown[at]?.replaceAll(/⟨(?:goes on|continued)⟩/g, '') ?? '';
      expect((text.match(/[a-z]{2,}/g) ?? []).filter((word) => words.includes(word))).toEqual(
        words,
      );
    }
  }
}

/** Runs with their fences left open: what is in them is looked at apart. */
export function withoutFences(runs: readonly Run[]): Run[] {
  return runs.map((run) => (run.kind === 'fence' ? { kind: 'fence', text: '…' } : run));
}

/** The blocks of which there is anything to show. */
export function shownOnes(card: Card): CardBlock[] {
  return card.blocks.filter((block) => block.kind !== 'fields' || block.rows.length > 0);
}

/** A text as a card shows it on one line, or on as many as it has. */
export function shown(text: string, newlines: 'show' | 'keep' = 'show'): string {
  return visible(text, { newlines, marks: markLooks }) || '⟨empty⟩';
}
