// Waiting for an approval to change: woken once, by the change, by time, or by leaving.
import { expect, test } from 'vitest';
import { Changes } from '../../src/interlock/changes.ts';
import { settle } from '../simulation/scheduler.ts';
import { Workbench } from './workbench.ts';

function watch(promise: Promise<void>): { woken: boolean } {
  const state = { woken: false };
  void promise.then(() => {
    state.woken = true;
  });
  return state;
}

test('everybody who waits for this approval is woken, and nobody else', async () => {
  const changes = new Changes(new Workbench().clock);
  const [one, two, other] = ['A', 'A', 'B'].map((id) => watch(changes.next(id, 1000)));
  changes.announce('A');
  await settle();
  expect([one?.woken, two?.woken, other?.woken]).toEqual([true, true, false]);
});

test('one change wakes once: the next one is waited for anew', async () => {
  const changes = new Changes(new Workbench().clock);
  changes.announce('A');
  const late = watch(changes.next('A', 1000));
  await settle();
  expect(late.woken).toBe(false);
  changes.announce('A');
  await settle();
  expect(late.woken).toBe(true);
});

test('waiting ends after its time', async () => {
  const bench = new Workbench();
  const changes = new Changes(bench.clock);
  const waiting = watch(changes.next('A', 1000));
  bench.scheduler.advance(999);
  await bench.rest();
  expect(waiting.woken).toBe(false);
  bench.scheduler.advance(1);
  await bench.rest();
  expect(waiting.woken).toBe(true);
});

test('waiting ends when the one who waits leaves, or has left before', async () => {
  const changes = new Changes(new Workbench().clock);
  const leaving = new AbortController();
  const waiting = watch(changes.next('A', 1000, leaving.signal));
  leaving.abort();
  const left = watch(changes.next('A', 1000, leaving.signal));
  await settle();
  expect([waiting.woken, left.woken]).toEqual([true, true]);
});

test('output is kept in order for those who join late, until the run has ended', async () => {
  const changes = new Changes(new Workbench().clock);
  const waiting = watch(changes.next('A', 1000));
  const chunks = ['MQ==', 'Mg=='].map((base64) => ({ stream: 'stdout', base64 }) as const);
  for (const chunk of chunks) changes.addOutput('A', chunk);
  await settle();
  expect(waiting.woken).toBe(true);
  expect(changes.liveOutput('A')).toEqual(chunks);
  expect(changes.liveOutput('B')).toEqual([]);
  changes.forgetOutput('A');
  expect(changes.liveOutput('A')).toEqual([]);
});
