// Ids of five characters of Crockford's base32: uniform, and read as people type them.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateId, normaliseId } from '../../src/interlock/ids.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

test('every byte gives a character, each of the 32 equally often', () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    const id = candidateId((sizeBytes) => new Uint8Array(sizeBytes).fill(byte));
    expect(id).toHaveLength(5);
    expect(new Set(id).size).toBe(1);
    counts.set(id.charAt(0), (counts.get(id.charAt(0)) ?? 0) + 1);
  }
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries([...ALPHABET].map((letter) => [letter, 8])),
  );
});

test('an id is its own canonical form, and so is each of its beginnings', () => {
  for (let round = 0; round < 500; round += 1) {
    const id = candidateId(randomBytes);
    for (let length = 1; length <= 5; length += 1) {
      expect(normaliseId(id.slice(0, length))).toBe(id.slice(0, length));
    }
  }
});

describe('what a person types', () => {
  test.each([
    ['k7q2m', 'K7Q2M'],
    ['oOiIl', '00111'],
    ['L', '1'],
    ['abcde', 'ABCDE'],
  ])('%s is %s', (typed, id) => {
    expect(normaliseId(typed)).toBe(id);
  });

  test.each([
    '',
    'ABCDEF',
    'U',
    'AB-C',
    ' ABC',
    'ABC ',
    'AB\nC',
    'AB%',
    'A_C',
    '*',
    'ä',
    '\u0410BC',
    '\u0660',
  ])('%j is no id', (typed) => {
    expect(normaliseId(typed)).toBeNull();
  });

  test('whatever it is, the answer is canonical or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 7 }), (typed) => {
        const id = normaliseId(typed);
        if (id === null) return;
        expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{1,5}$/);
        expect(normaliseId(id)).toBe(id);
      }),
    );
  });
});
