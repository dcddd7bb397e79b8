// The queue follows the commits: in their order, several at once, and with no harm when it is lost.
import { expect, test } from 'vitest';
import type { Approval } from '../../src/bus/approval.ts';
import { JobMover } from '../../src/interlock/job-mover.ts';
import type { Transition } from '../../src/interlock/view.ts';
import type { ActionQueue } from '../../src/queue/queue.ts';
import { inState, PENDING } from './cases.ts';
import { Workbench } from './workbench.ts';

const asked: Transition = { after: PENDING, followUps: ['cards'], inserted: true };

function became(state: Approval['state'], followUps: Transition['followUps']): Transition {
  return { after: inState(state), followUps, inserted: false };
}

const released = became('approved', ['cards', 'release']);
const rejected = became('rejected', ['cards', 'drop-job', 'result']);

function moverOn(bench: Workbench) {
  const failures: string[] = [];
  const mover = new JobMover(bench.queue, (error) => failures.push(String(error)));
  return { mover, failures };
}

test('what is asked waits until it expires; what is released is due; what is over is gone', async () => {
  const bench = new Workbench();
  const { mover } = moverOn(bench);
  mover.follow([asked]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([[PENDING.id, PENDING.expiresAt]]);
  mover.follow([released]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([[PENDING.id, null]]);
  mover.follow([became('revoked', ['cards', 'drop-job', 'result'])]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([]);
});

test('what a rule allowed is due at once', async () => {
  const bench = new Workbench();
  const { mover } = moverOn(bench);
  mover.follow([{ after: inState('approved'), followUps: ['cards'], inserted: true }]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([[PENDING.id, null]]);
});

test('asked and released before the queue heard of either is one step', async () => {
  const bench = new Workbench();
  const { mover } = moverOn(bench);
  mover.follow([asked, released]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([[PENDING.id, null]]);
  const calls = bench.scheduler.trace.filter((line) => !line.endsWith('answers'));
  expect(calls).toEqual(['workbench: queue add']);
});

test('the newest wish wins while the queue is busy with the first', async () => {
  const bench = new Workbench();
  const { mover } = moverOn(bench);
  mover.follow([asked]);
  await new Promise(setImmediate);
  mover.follow([released]);
  mover.follow([rejected]);
  await bench.done(mover.settled());
  expect([...bench.jobs.jobs]).toEqual([]);
});

test('a claim, a heartbeat and an end wish nothing', async () => {
  const bench = new Workbench();
  const { mover } = moverOn(bench);
  mover.follow([became('running', ['cards']), became('running', [])]);
  mover.follow([became('succeeded', ['cards', 'result'])]);
  await bench.done(mover.settled());
  expect(bench.scheduler.trace).toEqual([]);
});

test('a queue that fails is told of, and takes the next wish again', async () => {
  const bench = new Workbench();
  const { mover, failures } = moverOn(bench);
  bench.weather.lostQueue = 1;
  mover.follow([asked]);
  await bench.done(mover.settled());
  bench.weather.lostQueue = 0;
  mover.follow([rejected]);
  await bench.done(mover.settled());
  expect(failures).toHaveLength(1);
  expect([...bench.jobs.jobs]).toEqual([]);
});

test('a queue that throws at once does not stop the mover for ever', async () => {
  const bench = new Workbench();
  let throws = true;
  const queue: ActionQueue = {
    ...bench.queue,
    add: (jobs) => {
      if (throws) throw new Error('closed');
      return bench.queue.add(jobs);
    },
  };
  const failures: unknown[] = [];
  const mover = new JobMover(queue, (error) => failures.push(error));
  mover.follow([asked]);
  await bench.done(mover.settled());
  throws = false;
  mover.follow([asked]);
  await bench.done(mover.settled());
  expect(failures).toEqual([new Error('closed')]);
  expect([...bench.jobs.jobs]).toEqual([[PENDING.id, PENDING.expiresAt]]);
});
