// The committing shell on a ledger in memory: resolving ids, standard input, lockdown, the record.
import { describe, expect, test } from 'vitest';
import { freezeAction, sha256Hex } from '../../src/bus/action.ts';
import type { Approval } from '../../src/bus/approval.ts';
import { Runs } from '../../src/interlock/runs.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import { ABEL, FROZEN, inState, OUTCOME, PENDING, WORKER } from './cases.ts';
import { SUBMISSION, Workbench } from './workbench.ts';

function put(bench: Workbench, ...approvals: readonly Approval[]): void {
  for (const approval of approvals) bench.store.approvals.set(approval.id, approval);
}

describe('resolving what was typed', () => {
  const pending = (id: string): Approval => ({ ...PENDING, id });
  const ended = (id: string): Approval => ({ ...inState('succeeded'), id });
  const resolve = (bench: Workbench, typed: string) => bench.done(bench.interlock().resolve(typed));

  test('a whole id is that one, whatever else begins like it', async () => {
    const bench = new Workbench();
    put(bench, ended('ABCDE'), pending('ABCDF'));
    expect(await resolve(bench, 'abcde')).toEqual({ kind: 'one', id: 'ABCDE' });
  });

  test('a beginning that only one waiting approval has is that one', async () => {
    const bench = new Workbench();
    put(bench, ended('AB000'), ended('AB111'), pending('AB222'));
    expect(await resolve(bench, 'AB')).toEqual({ kind: 'one', id: 'AB222' });
  });

  test('a beginning that two have is none of them', async () => {
    const bench = new Workbench();
    put(bench, pending('AB000'), pending('AB111'), ended('AB222'));
    expect(await resolve(bench, 'ab')).toEqual({ kind: 'many', ids: ['AB000', 'AB111'] });
  });

  test('a beginning of one that has ended is that one when nothing waits', async () => {
    const bench = new Workbench();
    put(bench, ended('AB000'), pending('CD000'));
    expect(await resolve(bench, 'A')).toEqual({ kind: 'one', id: 'AB000' });
  });

  test('what no approval begins with, and what cannot be an id, is none', async () => {
    const bench = new Workbench();
    put(bench, pending('AB000'));
    expect(await resolve(bench, 'B')).toEqual({ kind: 'none' });
    expect(await resolve(bench, '%')).toEqual({ kind: 'none' });
  });
});

describe('standard input', () => {
  const bytes = new TextEncoder().encode('yes\n');
  const frozen = freezeAction({ ...FROZEN.action, stdinDigest: sha256Hex(bytes) });
  const claim = async (stdin: Uint8Array | null) => {
    const bench = new Workbench();
    bench.effect = 'allow';
    const interlock = bench.interlock();
    const submitted = await bench.done(interlock.submit({ ...SUBMISSION, frozen, stdin }));
    const answer = await bench.done(new Runs(interlock).claim(submitted.approval.id, 'w'));
    const row = bench.store.approvals.get(submitted.approval.id);
    return { answer, state: row?.state };
  };

  test('reaches the worker as it was digested', async () => {
    const { answer, state } = await claim(bytes);
    expect(answer).toMatchObject({ claimed: true, stdin: bytes });
    expect(state).toBe('running');
  });

  test.each([
    ['other bytes', new TextEncoder().encode('no\n')],
    ['none', null],
  ])('%s instead: nothing runs, and it has failed (I3)', async (_what, stdin) => {
    const { answer, state } = await claim(stdin);
    const why = 'its standard input is not kept as it was digested: nothing was run';
    expect(answer).toEqual({ claimed: false, why });
    expect(state).toBe('failed');
  });
});

describe('lockdown', () => {
  test('revokes what is released, leaves what waits and what runs, and approves nothing', async () => {
    const bench = new Workbench();
    const [waits, released, runs] = [
      { ...PENDING, id: 'A0000', expiresAt: bench.clock.now() + 1 },
      { ...inState('approved'), id: 'B0000' },
      { ...inState('running'), id: 'C0000' },
    ];
    put(bench, waits, released, runs);
    const interlock = bench.interlock();
    expect(await bench.done(interlock.lockDown(ABEL, 'fire'))).toEqual({ revoked: 1 });
    const states = [...bench.store.approvals.values()].map(({ state }) => state);
    expect(states).toEqual(['pending', 'revoked', 'running']);
    const answer = await bench.done(
      interlock.decide({
        id: waits.id,
        verdict: 'approve',
        actor: ABEL,
        reason: null,
        via: null,
      }),
    );
    const lockdown = { actor: ABEL, reason: 'fire', atMs: bench.clock.now() };
    expect(answer).toEqual({ kind: 'lockdown', lockdown, approval: waits });
  });

  test('what comes in during a lockdown is denied, even what a rule allows', async () => {
    const bench = new Workbench();
    bench.effect = 'allow';
    const interlock = bench.interlock();
    await bench.done(interlock.lockDown(ABEL, null));
    const { approval } = await bench.done(interlock.submit(SUBMISSION));
    expect([approval.state, approval.decision?.actor]).toEqual(['denied', ABEL]);
  });

  test('an approval that shares the commit with a lockdown does not outlive it', async () => {
    const bench = new Workbench();
    const interlock = bench.interlock();
    const { approval } = await bench.done(interlock.submit(SUBMISSION));
    const request = { id: approval.id, actor: ABEL, reason: null, via: null } as const;
    const decided = interlock.decide({ ...request, verdict: 'approve' });
    const locked = interlock.lockDown(ABEL, null);
    const answers = await bench.done(Promise.all([decided, locked]));
    expect(answers).toMatchObject([{ kind: 'decided' }, { revoked: 1 }]);
    expect(bench.store.approvals.get(approval.id)?.state).toBe('revoked');
  });

  test('lifting one that is not in force says so', async () => {
    const bench = new Workbench();
    const interlock = bench.interlock();
    expect(await bench.done(interlock.unlock(ABEL))).toBe(false);
    await bench.done(interlock.lockDown(ABEL, null));
    expect(await bench.done(interlock.unlock(ABEL))).toBe(true);
    expect(await bench.done(interlock.unlock(ABEL))).toBe(false);
  });
});

describe('the output of a running action', () => {
  const chunk = { stream: 'stdout', base64: 'b2sK' } as const;
  const running = () => {
    const bench = new Workbench();
    put(bench, { ...inState('running'), id: 'A0000' });
    const interlock = bench.interlock();
    const runs = new Runs(interlock);
    runs.progress('A0000', WORKER, chunk);
    return { bench, interlock, runs, live: () => interlock.changes.liveOutput('A0000') };
  };

  test('can be followed until its worker has finished it', async () => {
    const { bench, runs, live } = running();
    expect(live()).toEqual([chunk]);
    await bench.done(runs.finish('A0000', WORKER, OUTCOME, [chunk]));
    expect(live()).toEqual([]);
    expect(await bench.done(bench.ledger.output('A0000'))).toEqual([chunk]);
  });

  test('is not cut off by a worker that does not hold it', async () => {
    const { bench, runs, live } = running();
    await bench.done(runs.finish('A0000', 'worker-2', OUTCOME, []));
    expect(live()).toEqual([chunk]);
  });

  test('is kept with the approval when its worker is lost, and not in memory for ever', async () => {
    const { bench, interlock, live } = running();
    await bench.done(new Sweeper(interlock).start((worker) => worker === WORKER));
    expect(bench.store.approvals.get('A0000')?.state).toBe('unknown');
    expect(live()).toEqual([]);
    expect(await bench.done(bench.ledger.output('A0000'))).toEqual([chunk]);
  });

  test('stops when it is asked to, before or after its worker listens', () => {
    const { runs } = running();
    const stopped: string[] = [];
    runs.requestStop('A0000');
    runs.onStop('A0000', () => stopped.push('early'));
    const unwatch = runs.onStop('B0000', () => stopped.push('late'));
    runs.requestStop('B0000');
    unwatch();
    runs.requestStop('B0000');
    expect(stopped).toEqual(['early', 'late']);
  });
});

describe('the record', () => {
  const typesAndActors = (bench: Workbench) =>
    bench.commits.flatMap(({ audit }) => audit.map(({ type, actor }) => [type, actor]));

  test('names who did each thing, and the clock where a worker came too late', async () => {
    const bench = new Workbench();
    bench.effect = 'allow';
    const interlock = bench.interlock();
    const { approval } = await bench.done(interlock.submit(SUBMISSION));
    bench.scheduler.jump(10_000_000);
    const answer = await bench.done(new Runs(interlock).claim(approval.id, 'late'));
    expect(answer).toEqual({ claimed: false, why: 'it has expired' });
    expect(typesAndActors(bench)).toEqual([
      ['approval.submitted', 'telegram:rita'],
      ['approval.expired', 'countersign:clock'],
    ]);
  });

  test('keeps the outcome of a worker that was given up for lost', async () => {
    const bench = new Workbench();
    put(bench, { ...inState('unknown'), id: 'A0000' });
    const runs = new Runs(bench.interlock());
    await bench.done(runs.finish('A0000', 'worker-1', OUTCOME, []));
    await bench.done(runs.finish('A0000', 'worker-2', OUTCOME, []));
    expect(typesAndActors(bench)).toEqual([['approval.late-outcome', 'worker:worker-1']]);
    expect(bench.store.approvals.get('A0000')?.state).toBe('unknown');
  });
});
