// The test of the test: with one safeguard taken out, the simulation notices, and soon. And a seed
// is a whole history: the same one again is the same to the last effect.
import { describe, expect, test } from 'vitest';
import { BROKEN } from './broken.ts';
import { runHistory } from './history.ts';

const WITHIN_HISTORIES = 500;

describe('a broken interlock is caught', () => {
  for (const [what, { invariant, ...variant }] of Object.entries(BROKEN)) {
    test(what, { timeout: 60_000 }, async () => {
      let caught: readonly string[] = [];
      let histories = 0;
      while (histories < WITHIN_HISTORIES && !caught.some((one) => one.startsWith(invariant))) {
        histories += 1;
        caught = (await runHistory(histories, variant)).violations;
      }
      console.info(`${what}: caught after ${histories} histories: ${caught.join('; ')}`);
      expect(caught.map((one) => one.slice(0, 2))).toContain(invariant);
    });
  }
});

test('a seed is one history: the same again, to the last effect', async () => {
  for (const seed of [1, 2, 3, 8112]) {
    expect(await runHistory(seed)).toEqual(await runHistory(seed));
  }
});
