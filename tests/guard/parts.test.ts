// Long cards in parts: nothing is lost between two messages, nothing torn, no part is a mere tail.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CardBlock } from '../../src/bus/messages.ts';
import { inParts, type Medium } from '../../src/guard/parts.ts';
import { shown } from './intended.ts';
import { nastyText } from './nasty-text.ts';

/** A platform that only counts characters. */
const medium: Medium<readonly CardBlock[]> = {
  name: 'Test',
  limit: 600,
  mostParts: 40,
  render: (blocks) => blocks,
  sizeOf: (blocks) => JSON.stringify(blocks).length,
};

/** The pieces of one text, the marks that join them taken away. */
function piecesOf(text: string, kind: 'code' | 'text'): string[] {
  const { whole, messages } = inParts([{ kind, text }], medium);
  expect(whole).toBe(true);
  const blocks = messages.map((blocks) => blocks.at(-1));
  const pieces = blocks.map((block) => (block?.kind === kind ? block.text : ''));
  for (const [at, piece] of pieces.entries()) {
    expect(piece.startsWith('⟨continued⟩')).toBe(at > 0);
    expect(piece.endsWith('⟨goes on⟩')).toBe(at < pieces.length - 1);
  }
  return pieces.map((piece) => piece.replaceAll(/⟨(?:continued|goes on)⟩/g, ''));
}

it.each([
  ['marks', '\u202e\u200b', /⟨[^⟩]*$|^[^⟨]*⟩/],
  ['characters outside the basic plane', '𠀀', /^[\udc00-\udfff]|[\ud800-\udbff]$/],
  ['letters with marks', 'e\u0301', /^\p{M}/u],
  ['emoji', '👨‍👩‍👧', /^\u200d|\u200d$/],
])('never tears %s', (_, unit, torn) => {
  const text = shown(unit.repeat(300));
  const pieces = piecesOf(text, 'code');
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(text);
  expect(pieces.filter((piece) => torn.test(piece))).toEqual([]);
});

it('makes parts of about the same size', () => {
  const pieces = piecesOf('x'.repeat(1_100), 'text');
  const lengths = pieces.map(({ length }) => length);
  expect(Math.min(...lengths)).toBeGreaterThan(Math.max(...lengths) / 2);
});

it('parts fields between rows, and a long value where it must', () => {
  const rows = [
    ['one', 'a'.repeat(200)],
    ['two', 'b'.repeat(700)],
    ['three', 'c'],
  ] as const;
  const { whole, messages } = inParts([{ kind: 'fields', rows }], medium);
  expect(whole).toBe(true);
  const shownRows = messages.flatMap((blocks) =>
    blocks.flatMap((block) => (block.kind === 'fields' ? block.rows : [])),
  );
  const values = new Map<string, string>();
  for (const [label, value] of shownRows) {
    values.set(label, (values.get(label) ?? '') + value.replaceAll(/⟨(?:continued|goes on)⟩/g, ''));
  }
  expect([...values]).toEqual(rows);
});

it('loses nothing of any text, and keeps every part within the limit', () => {
  fc.assert(
    fc.property(nastyText, fc.integer({ min: 1, max: 20 }), (some, times) => {
      const text = shown(some.repeat(times).slice(0, 3_000), 'keep');
      const parts = inParts([{ kind: 'code', text }], medium);
      for (const message of parts.messages) expect(medium.sizeOf(message)).toBeLessThanOrEqual(600);
      if (parts.messages.length > 1) expect(piecesOf(text, 'code').join('')).toBe(text);
    }),
    { numRuns: 200 },
  );
});
