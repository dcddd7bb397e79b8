// Rows never get wider than asked for, hold every character, and take linear time.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnsOf, rowsOf } from '../../src/guard/columns.ts';
import { nastyText } from './nasty-text.ts';

it.each([
  ['plain words', 'one two three', 8, true, ['one two ', 'three']],
  ['a word longer than a row', 'a bbbbbbbbbb', 4, true, ['a ', 'bbbb', 'bbbb', 'bb']],
  ['code, anywhere', 'one two three', 8, false, ['one two ', 'three']],
  ['wide characters', '日本語', 4, false, ['日本', '語']],
  ['a wide character after a word', ' aaaa日', 6, true, [' ', 'aaaa日']],
  ['a wide character after a word that fills its row', ' aaaa日', 5, true, [' ', 'aaaa', '日']],
  [
    'a character wider than a row',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    4,
    false,
    ['🏴\u{e0067}', '\u{e0062}\u{e0065}', '\u{e006e}\u{e0067}', '\u{e007f}'],
  ],
  ['nothing', '', 4, true, ['']],
])('breaks %s', (_, line, columns, words, rows) => {
  expect(rowsOf(line, columns, words)).toEqual(rows);
});

it('keeps within the columns and loses nothing', () => {
  fc.assert(
    fc.property(
      nastyText,
      fc.integer({ min: 2, max: 40 }),
      fc.boolean(),
      (text, columns, words) => {
        const rows = rowsOf(text, columns, words);
        expect(rows.join('')).toBe(text);
        expect(Math.max(...rows.map(columnsOf))).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 1_000 },
  );
});

it('takes time linear in the line', () => {
  for (const unit of ['word ', 'x', '日', 'a\u0301', '👨‍👩‍👧']) {
    // Quadratic, this would take hours: the runner's own limit is the only clock needed.
    const line = unit.repeat(Math.ceil(300_000 / unit.length));
    expect(rowsOf(line, 80, true).length).toBeGreaterThan(1);
  }
});
