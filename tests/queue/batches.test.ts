// Gathering: one piece of work at a time, everything asked for meanwhile in the next.
import { describe, expect, it } from 'vitest';
import { Batches } from '../../src/queue/batches.ts';
import { gate } from './engines.ts';

describe('batches', () => {
  it('works at once on the first wish and on all later ones together', async () => {
    const seen: (readonly number[])[] = [];
    const first = gate();
    const batches = new Batches<number>(100, async (items) => {
      seen.push(items);
      if (seen.length === 1) await first.wait;
    });
    const all = [batches.push([1]), batches.push([2, 3]), batches.push([]), batches.push([4])];
    expect(seen).toEqual([[1]]);
    first.open();
    await Promise.all(all);
    expect(seen).toEqual([[1], [2, 3, 4]]);
  });

  it('keeps to the limit, and never splits one wish', async () => {
    const seen: (readonly number[])[] = [];
    const batches = new Batches<number>(3, async (items) => {
      seen.push(items);
    });
    await Promise.all([[1], [2, 3], [4], [5], [6, 7, 8, 9], [10]].map((w) => batches.push(w)));
    expect(seen).toEqual([[1], [2, 3, 4], [5], [6, 7, 8, 9], [10]]);
  });

  it('fails only the wishes of the batch that failed', async () => {
    const batches = new Batches<string>(1, async ([item]) => {
      if (item === 'bad') throw new Error('no');
    });
    const outcomes = await Promise.allSettled(
      ['good', 'bad', 'fine'].map((w) => batches.push([w])),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
