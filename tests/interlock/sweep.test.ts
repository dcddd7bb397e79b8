// The sweep: on time, at rest in between, and not stopped by one that cannot be moved on.
import { describe, expect, test } from 'vitest';
import type { Approval } from '../../src/bus/approval.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import { PENDING } from './cases.ts';
import { SUBMISSION, Workbench } from './workbench.ts';

/**
 * A workbench with one pending approval that expires in this long, and a sweeper that has begun.
 */
async function sweeping(expiresInMs: number) {
  const bench = new Workbench();
  const approval: Approval = { ...PENDING, expiresAt: bench.clock.now() + expiresInMs };
  bench.store.approvals.set(approval.id, approval);
  const interlock = bench.interlock();
  const sweeper = new Sweeper(interlock);
  await bench.done(sweeper.start(() => false));
  const state = () => bench.store.approvals.get(approval.id)?.state;
  const sweeps = () => bench.scheduler.trace.filter((line) => line.includes('reconcile answers'));
  return { bench, interlock, sweeper, state, sweeps };
}

async function pass(bench: Workbench, byMs: number, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    bench.scheduler.advance(byMs);
    await bench.rest();
  }
}

test('what expires does so at its time, not at the next minute', async () => {
  const { bench, state } = await sweeping(10_000);
  await pass(bench, 9999);
  expect(state()).toBe('pending');
  await pass(bench, 6);
  expect(state()).toBe('expired');
});

test('what comes in later is expired at its time too', async () => {
  const bench = new Workbench();
  const interlock = bench.interlock();
  await bench.done(new Sweeper(interlock).start(() => false));
  const { approval } = await bench.done(interlock.submit({ ...SUBMISSION, expireAfterMs: 2000 }));
  await pass(bench, 2005);
  expect(bench.store.approvals.get(approval.id)?.state).toBe('expired');
});

test('there is a sweep every minute, however far the next deadline', async () => {
  const { bench, sweeps } = await sweeping(1_000_000);
  await pass(bench, 60_000, 5);
  expect(sweeps()).toHaveLength(5);
});

test('a clock that is set back puts no sweep off', async () => {
  const { bench, interlock, sweeps } = await sweeping(1_000_000);
  bench.scheduler.jump(-10_000_000);
  await bench.done(interlock.submit(SUBMISSION));
  await pass(bench, 60_000);
  expect(sweeps()).toHaveLength(1);
});

test('jobs that the queue has lost are back after a minute', async () => {
  const { bench } = await sweeping(1_000_000);
  const before = [...bench.jobs.jobs];
  expect(before).toHaveLength(1);
  bench.jobs.flush();
  await pass(bench, 60_000);
  expect([...bench.jobs.jobs]).toEqual(before);
  expect(bench.logged).toEqual(['the queue had lost 1 of its jobs; they are back']);
});

describe('when the store takes no change', () => {
  test('the sweep rests in between instead of trying at once for ever', async () => {
    const { bench, state } = await sweeping(10_000);
    bench.weather.lostBeforeCommit = 1;
    await pass(bench, 10_005);
    const tried = bench.scheduler.trace.length;
    await pass(bench, 1000, 40);
    expect(bench.scheduler.trace).toHaveLength(tried);
    bench.weather.lostBeforeCommit = 0;
    await pass(bench, 60_000);
    expect(state()).toBe('expired');
  });
});

test('a stopped sweeper does nothing any more', async () => {
  const { bench, sweeper } = await sweeping(10_000);
  await sweeper.stop();
  const { length } = bench.scheduler.trace;
  await pass(bench, 100_000, 2);
  expect(bench.scheduler.trace).toHaveLength(length);
});
