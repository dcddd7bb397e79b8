// Runs many histories and fails with the seed, the violation and what led to it. One of them again:
// SIMULATION_SEED=<seed> npx vitest run tests/simulation/even-seeds.test.ts
// More of them: SIMULATION_COUNT=100000, and SIMULATION_SEED for the first.
import { expect, test } from 'vitest';
import { type History, runHistory } from './history.ts';

/** Of both test files together. */
export const COUNT = Number(process.env['SIMULATION_COUNT'] ?? 10_000);
const SEED = process.env['SIMULATION_SEED'];
const TIMEOUT_MS = 90_000 + COUNT * 20;

/** Declares the test that runs every second seed, from `offset` (0 or 1) on. */
export function testHistories(offset: 0 | 1): void {
  const replays = SEED !== undefined && process.env['SIMULATION_COUNT'] === undefined;
  const first = Number(SEED ?? 0) + offset;
  const count = replays ? 1 - offset : Math.ceil(COUNT / 2);
  test.skipIf(count === 0)(
    `I1, I2, I4, I5, I6 and I8 hold in ${count} histories with crashes anywhere`,
    { timeout: TIMEOUT_MS },
    async () => {
      const sums = { happenings: 0, effects: 0, approvals: 0, entries: 0, grantUses: 0 };
      const startedAt = performance.now();
      for (let index = 0; index < count; index += 1) {
        const history = await runHistory(first + 2 * index);
        if (history.violations.length > 0) expect.fail(report(history));
        if (replays) console.info(history.trace.join('\n'));
        for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += history[key];
      }
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const figures = Object.entries(sums).map(([key, sum]) => `${sum} ${key}`);
      console.info(`${count} histories in ${seconds} s: ${figures.join(', ')}`);
      // A simulation in which nothing happens would find nothing either.
      expect(sums.approvals).toBeGreaterThan(replays ? -1 : 2 * count);
      expect(sums.entries).toBeGreaterThan(replays ? -1 : 5 * count);
      expect(sums.grantUses).toBeGreaterThan(replays ? -1 : 0.15 * count);
    },
  );
}

/** What a person needs to see what went wrong and to see it again. */
export function report({ seed, violations, trace }: History): string {
  return [
    `seed ${seed}: ${violations.join('; ')}`,
    `again: SIMULATION_SEED=${seed} npx vitest run tests/simulation/even-seeds.test.ts`,
    ...trace.slice(-150),
  ].join('\n');
}
