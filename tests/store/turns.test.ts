// The one session of PGlite: in the order of asking, and never for ever.
import { expect, it } from 'vitest';
import { type Turn, Turns } from '../../src/store/turns.ts';

it('gives turns one at a time, in the order of asking', () => {
  const turns = new Turns(60_000);
  const given: [name: string, turn: Turn | null][] = [];
  for (const name of ['a', 'b', 'c']) turns.take((turn) => given.push([name, turn]));
  expect(given.map(([name]) => name)).toEqual(['a']);
  given[0]?.[1]?.release();
  expect(given.map(([name]) => name)).toEqual(['a', 'b']);
  // Released twice: c must not come in beside b.
  given[0]?.[1]?.release();
  expect(given.map(([name]) => name)).toEqual(['a', 'b']);
  given[1]?.[1]?.release();
  given[2]?.[1]?.release();
  turns.take((turn) => given.push(['d', turn]));
  expect(given.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd']);
});

it('tells who waits for itself, and goes on for the others', async () => {
  const turns = new Turns(20);
  let held: Turn | null = null;
  turns.take((turn) => {
    held = turn;
  });
  const late = await new Promise<Turn | null>((resolve) => turns.take(resolve));
  expect(late).toBeNull();
  (held as Turn | null)?.release();
  expect(await new Promise<Turn | null>((resolve) => turns.take(resolve))).not.toBeNull();
});
