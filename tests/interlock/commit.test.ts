// Group commit: one transaction for those that come together, each answered as if it were alone.
import { describe, expect, test } from 'vitest';
import { Committer, type Operation } from '../../src/interlock/commit.ts';
import type { Writes } from '../../src/interlock/ledger.ts';
import type { Transition, View } from '../../src/interlock/view.ts';
import { ABEL, ANNA, PENDING, REQUESTER } from './cases.ts';
import { SUBMISSION, Workbench } from './workbench.ts';

function operation<T>(run: (view: View) => T, ids: readonly string[] = [PENDING.id]): Operation<T> {
  return { reads: { ids, keys: [] }, run };
}

function entry(type: string) {
  return { type, atMs: 0, actor: ANNA, approvalId: null, data: {} };
}

function typesOf(writes: Writes | undefined): string[] {
  return writes?.audit.map(({ type }) => type) ?? [];
}

function committerOn(bench: Workbench) {
  const handedOn: (readonly Transition[])[] = [];
  const committer = new Committer(bench.ledger, (transitions) => handedOn.push(transitions));
  return { committer, handedOn };
}

describe('operations that come together', () => {
  test('share one transaction, in the order they came', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const answers = ['a', 'b', 'c'].map((type) =>
      committer.commit(
        operation((view) => {
          view.record(entry(type));
          return type;
        }),
      ),
    );
    expect(await bench.done(Promise.all(answers))).toEqual(['a', 'b', 'c']);
    expect(bench.commits.map(typesOf)).toEqual([['a', 'b', 'c']]);
  });

  test('see what those before them did, and write its end alone', async () => {
    const bench = new Workbench();
    const { committer, handedOn } = committerOn(bench);
    const first = committer.commit(operation((view) => view.insert(PENDING, ['cards'])));
    const second = committer.commit(
      operation((view) => {
        const before = view.get(PENDING.id);
        view.update({ ...PENDING, version: 2, requestReason: before?.state ?? null }, []);
        return before?.version;
      }),
    );
    expect(await bench.done(Promise.all([first, second]))).toEqual([undefined, 1]);
    const after = { ...PENDING, version: 2, requestReason: 'pending' };
    expect(bench.commits).toMatchObject([{ inserted: [after], updated: [] }]);
    expect(handedOn).toEqual([
      [
        { after: PENDING, followUps: ['cards'], inserted: true },
        { after, followUps: [], inserted: false },
      ],
    ]);
  });

  test('a repeated key finds the approval as those before it left it', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const keyed = { ...PENDING, idempotencyKey: 'once' };
    await bench.done(committer.commit(operation((view) => view.insert(keyed, []))));
    const reads = { ids: [], keys: [{ requester: REQUESTER, key: 'once' }] };
    const change = committer.commit(
      operation((view) => view.update({ ...keyed, state: 'approved', version: 2 }, [])),
    );
    const again = committer.commit({ reads, run: (view) => view.byKey(REQUESTER, 'once') });
    const [, found] = await bench.done(Promise.all([change, again]));
    expect([found?.state, found?.version]).toEqual(['approved', 2]);
  });

  test('what is released is listed as those before left it', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const released = { ...PENDING, id: 'B0002', state: 'approved' as const };
    await bench.done(
      committer.commit(
        operation((view) => {
          view.insert(PENDING, []);
          view.insert(released, []);
        }),
      ),
    );
    const decide = committer.commit(
      operation((view) => view.update({ ...PENDING, state: 'approved', version: 2 }, [])),
    );
    const list = committer.commit({
      reads: { ids: [], keys: [], released: true },
      run: (view) => view.released().map(({ id }) => id),
    });
    const [, ids] = await bench.done(Promise.all([decide, list]));
    expect(ids?.toSorted()).toEqual(['A0001', 'B0002']);
  });

  test('more than a hundred of them take another transaction; none is left behind', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const answers = Array.from({ length: 300 }, (_, index) =>
      committer.commit(operation((view) => view.record(entry(`${index}`)))),
    );
    await bench.done(Promise.all(answers));
    const written = bench.commits.flatMap(typesOf);
    expect(written).toEqual(Array.from({ length: 300 }, (_, index) => `${index}`));
    expect(bench.commits.length).toBeGreaterThan(1);
  });

  test('a later wish for one message replaces the earlier', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const send = (atMs: number) =>
      committer.commit(
        operation((view) =>
          view.send({
            key: 'card',
            platform: 'telegram',
            chat: '1',
            item: { kind: 'card', approvalId: PENDING.id },
            atMs,
          }),
        ),
      );
    await bench.done(Promise.all([send(1), send(2)]));
    expect(bench.commits.flatMap(({ outbox }) => outbox.map(({ atMs }) => atMs))).toEqual([2]);
  });
});

describe('an operation that throws', () => {
  test('fails alone, and nothing of it is written', async () => {
    const bench = new Workbench();
    const { committer, handedOn } = committerOn(bench);
    const good = committer.commit(operation((view) => view.record(entry('good'))));
    const bad = committer.commit(
      operation((view) => {
        view.insert(PENDING, ['cards']);
        view.record(entry('bad'));
        throw new Error('a bug');
      }),
    );
    const last = committer.commit(
      operation((view) => {
        view.record(entry('last'));
        return view.get(PENDING.id);
      }),
    );
    const settled = await bench.done(Promise.allSettled([good, bad, last]));
    expect(settled).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: new Error('a bug') },
      { status: 'fulfilled', value: undefined },
    ]);
    expect(bench.commits.map(typesOf)).toEqual([['good', 'last']]);
    expect(handedOn).toEqual([[]]);
  });

  test('does not stop those that come later', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    const bad = committer.commit(
      operation(() => {
        throw new Error('a bug');
      }),
    );
    await expect(bench.done(bad)).rejects.toThrow('a bug');
    expect(await bench.done(committer.commit(operation(() => 1)))).toBe(1);
  });
});

describe('a store that', () => {
  test('says that somebody was faster is asked again, with a new plan', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    bench.weather.conflict = 1;
    let plans = 0;
    const answer = committer.commit(
      operation((view) => {
        plans += 1;
        if (plans === 3) bench.weather.conflict = 0;
        view.record(entry(`plan ${plans}`));
        return plans;
      }),
    );
    expect(await bench.done(answer)).toBe(3);
    expect(bench.commits.map(typesOf)).toEqual([['plan 3']]);
  });

  test('always says so is not asked for ever', async () => {
    const bench = new Workbench();
    const { committer } = committerOn(bench);
    bench.weather.conflict = 1;
    let plans = 0;
    const answer = committer.commit(
      operation(() => {
        plans += 1;
      }),
    );
    await expect(bench.done(answer)).rejects.toThrow('somebody else was first');
    expect(plans).toBe(20);
    expect(bench.commits).toEqual([]);
  });

  test('is lost fails everybody who waited, hands nothing on, and is tried again for the next', async () => {
    const bench = new Workbench();
    const { committer, handedOn } = committerOn(bench);
    bench.weather.lostBeforeCommit = 1;
    const lost = [1, 2].map((value) => committer.commit(operation(() => value)));
    const settled = await bench.done(Promise.allSettled(lost));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    bench.weather.lostBeforeCommit = 0;
    expect(await bench.done(committer.commit(operation(() => 3)))).toBe(3);
    expect(handedOn).toEqual([[]]);
  });
});

test('a listener that throws after the commit makes no committed answer a failure', async () => {
  const bench = new Workbench();
  const interlock = bench.interlock(() => {
    throw new Error('the outbox is gone');
  });
  const submitted = await bench.done(interlock.submit(SUBMISSION));
  expect(submitted.kind).toBe('new');
  expect(bench.store.approvals.has(submitted.approval.id)).toBe(true);
  const answer = await bench.done(
    interlock.decide({
      id: submitted.approval.id,
      verdict: 'approve',
      actor: ABEL,
      reason: null,
      via: null,
    }),
  );
  expect(answer.kind).toBe('decided');
  expect(bench.logged).toHaveLength(2);
});
