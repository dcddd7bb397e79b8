// The same interlock over the real store, on the embedded database and on a PostgreSQL server: what
// it answers is what is kept, racing decisions have one winner, and the record verifies.

import { inspect } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, freezeAction, sha256Hex } from '../../src/bus/action.ts';
import type { Decided } from '../../src/interlock/interlock.ts';
import { Runs } from '../../src/interlock/runs.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import { approvals, auditEntries, outbox } from '../../src/store/schema.ts';
import { requireService } from '../services.ts';
import { ABEL, ANNA, FROZEN, OUTCOME, REQUESTER, WORKER } from './cases.ts';
import {
  answer,
  type Engine,
  type OnStore,
  pgliteEngine,
  postgresEngine,
  recordOf,
  submitted,
  verify,
} from './on-store.ts';

const postgres = requireService('postgres');

/** Who was told what: the winner's answers, and whom all others were shown as the winner. */
function told(answers: readonly Decided[]) {
  const decided = answers.filter(({ kind }) => kind === 'decided');
  const shown = answers.map((one) => ('approval' in one ? one.approval.decision : null));
  return { decided, shown: new Set(shown.map((decision) => canonicalJson(decision))) };
}

const ENGINES = [
  { name: 'PGlite', note: '', available: true, start: pgliteEngine },
  { name: 'PostgreSQL', ...postgres, start: postgresEngine },
];

for (const { name, note, available, start } of ENGINES) {
  describe.skipIf(!available)(`on ${name}${note}`, () => {
    let engine: Engine;
    let on: OnStore;

    beforeAll(async () => {
      engine = await start();
      on = await engine.open();
    });

    afterAll(async () => {
      await engine.close();
    });

    test('keeps what it answers, all the way from asked to done', async () => {
      const stdin = new TextEncoder().encode('given\u0000whole');
      const frozen = freezeAction({ ...FROZEN.action, stdinDigest: sha256Hex(stdin) });
      const origin = { platform: 'telegram', chat: '77', ref: '5' };
      const asked = await on.interlock.submit({
        frozen,
        stdin,
        requester: REQUESTER,
        reason: 'because "quotes" \\ and \u{1f600}',
        origin,
        idempotencyKey: null,
        expireAfterMs: 5000,
      });
      const { id } = asked.approval;
      expect(await on.ledger.get(id)).toEqual(asked.approval);
      const decided = await on.interlock.decide({ ...answer(id, 'approve', ABEL), via: origin });
      expect(decided.kind).toBe('decided');
      expect(await on.ledger.get(id)).toEqual('approval' in decided && decided.approval);
      const runs = new Runs(on.interlock);
      const claimed = await runs.claim(id, WORKER);
      expect(claimed).toMatchObject({ claimed: true, frozen });
      expect(claimed.claimed && Buffer.from(claimed.stdin ?? [])).toEqual(Buffer.from(stdin));
      expect(await runs.claim(id, 'worker-2')).toEqual({ claimed: false, why: 'it is running' });
      expect(await runs.heartbeat(id, WORKER)).toBe(true);
      expect(await runs.heartbeat(id, 'worker-2')).toBe(false);
      const kept = [{ stream: 'stdout', base64: 'b2sK' } as const];
      await runs.finish(id, 'worker-2', { ...OUTCOME, exitCode: 9 }, []);
      await runs.finish(id, WORKER, OUTCOME, kept);
      await runs.finish(id, WORKER, { ...OUTCOME, exitCode: 9 }, []);
      expect(await on.ledger.get(id)).toMatchObject({ state: 'succeeded', outcome: OUTCOME });
      expect(await on.ledger.output(id)).toEqual(kept);
      const types = await on.store.db
        .select({ type: auditEntries.type })
        .from(auditEntries)
        .where(eq(auditEntries.approvalId, id))
        .orderBy(auditEntries.seq);
      expect(types.map(({ type }) => type)).toEqual([
        'approval.submitted',
        'approval.approved',
        'approval.claimed',
        'approval.succeeded',
      ]);
    });

    test('answers an idempotency key with the same approval, within its requester', async () => {
      const keyed = { idempotencyKey: 'nightly "build"' };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          on.interlock.submit({
            frozen: FROZEN,
            stdin: null,
            requester: REQUESTER,
            reason: null,
            origin: null,
            expireAfterMs: null,
            ...keyed,
          }),
        ),
      );
      expect(new Set(answers.map(({ approval }) => approval.id)).size).toBe(1);
      expect(answers.filter(({ kind }) => kind === 'new')).toHaveLength(1);
      const id = answers[0]?.approval.id;
      expect(await submitted(on, keyed)).toBe(id);
      expect(await submitted(on, { ...keyed, requester: ANNA })).not.toBe(id);
      const other = freezeAction({ ...FROZEN.action, cwd: '/tmp' });
      const reused = await on.interlock.submit({
        ...(answers[0]?.approval ?? expect.fail()),
        frozen: other,
        stdin: null,
        reason: null,
        expireAfterMs: null,
      });
      expect([reused.kind, reused.approval.id]).toEqual(['key-reused', id]);
    });

    test('one of 200 racing answers decides, and all others are told who it was', async () => {
      const id = await submitted(on);
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          on.interlock.decide(
            answer(id, index % 2 === 0 ? 'approve' : 'reject', `telegram:approver${index}`),
          ),
        ),
      );
      const { decided, shown } = told(answers);
      expect(decided).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(199);
      const winner = (await on.ledger.get(id))?.decision;
      // Who was refused is shown the approval as it stood: always the winner's.
      expect([...shown]).toEqual([canonicalJson(winner)]);
    });

    test('counts the votes of racing people until there are enough', async () => {
      on.judge = { effect: 'ask', approvals: 3 };
      const id = await submitted(on);
      on.judge = { effect: 'ask', approvals: 1 };
      const people = ['telegram:a', 'discord:a', 'telegram:b', 'telegram:b', 'telegram:rita'];
      const first = await Promise.all(
        people.map((actor) => on.interlock.decide(answer(id, 'approve', actor))),
      );
      const kinds = first.map((one) => (one.kind === 'refused' ? one.refusal : one.kind));
      expect(kinds).toEqual(['voted', 'repeated', 'voted', 'repeated', 'own-action']);
      const last = await on.interlock.decide(answer(id, 'approve', 'telegram:c'));
      expect(last.kind).toBe('decided');
    });

    test('finds a waiting one by its beginning however many newer ones have ended', async () => {
      const row = { ...SUBMITTED_ROW, state: 'succeeded' as const };
      const ended = Array.from({ length: 60 }, (_, index) => ({
        ...row,
        id: `ZZ${String(index).padStart(3, '0')}`,
        createdAt: 9_000_000_000_000 + index,
      }));
      await on.store.db.insert(approvals).values(ended);
      const waiting = ['ZZABC', 'ZZABD'].map((id) => ({ ...SUBMITTED_ROW, id }));
      await on.store.db.insert(approvals).values(waiting);
      expect(await on.interlock.resolve('zz')).toEqual({
        kind: 'many',
        ids: expect.arrayContaining(['ZZABC', 'ZZABD']),
      });
      expect(await on.interlock.resolve('zzabc')).toEqual({ kind: 'one', id: 'ZZABC' });
      await on.interlock.decide(answer('ZZABC', 'reject', ABEL));
      expect(await on.interlock.resolve('ZZ')).toEqual({ kind: 'one', id: 'ZZABD' });
      expect(await on.interlock.resolve('ZZ0')).toMatchObject({ kind: 'many' });
      await on.interlock.decide(answer('ZZABD', 'reject', ABEL));
    });

    test('keeps one undelivered message for each card, with its newest wish', async () => {
      const id = await submitted(on);
      await on.interlock.decide(answer(id, 'approve', ABEL));
      await new Runs(on.interlock).claim(id, WORKER);
      const rows = await on.store.db
        .select()
        .from(outbox)
        .where(eq(outbox.key, `card:${id}:telegram:1`));
      expect(rows).toMatchObject([{ revision: 2, item: { kind: 'card', approvalId: id } }]);
    });

    test('a database error quotes nothing of what somebody asked for', async () => {
      const reason = 'a reason that belongs in no log';
      await on.store.pool.query('alter table countersign.audit_entries rename to away');
      try {
        const failed = await submitted(on, { reason }).catch((error: unknown) => error);
        expect(String(failed)).toContain('countersign.audit_entries');
        expect(inspect(failed)).not.toContain(reason);
      } finally {
        await on.store.pool.query('alter table countersign.away rename to audit_entries');
      }
    });

    test('stays locked down until it is lifted, for every process', async () => {
      on.judge = { effect: 'allow', approvals: 1 };
      const allowed = await submitted(on);
      on.judge = { effect: 'ask', approvals: 1 };
      const waiting = await submitted(on);
      expect((await on.interlock.lockDown(ANNA, 'fire')).revoked).toBeGreaterThanOrEqual(1);
      expect(await on.ledger.lockdown()).toMatchObject({ actor: ANNA, reason: 'fire' });
      expect((await on.ledger.get(allowed))?.state).toBe('revoked');
      const runs = new Runs(on.interlock);
      expect(await runs.claim(allowed, WORKER)).toMatchObject({ claimed: false });
      const refused = await on.interlock.decide(answer(waiting, 'approve', ABEL));
      expect(refused.kind).toBe('lockdown');
      expect(await on.interlock.unlock(ANNA)).toBe(true);
      expect(await on.ledger.lockdown()).toBeNull();
      const decided = await on.interlock.decide(answer(waiting, 'approve', ABEL));
      expect(decided.kind).toBe('decided');
    });

    test('expires what is overdue when it starts, and gives up what earlier workers ran', async () => {
      const running = await submitted(on);
      await on.interlock.decide(answer(running, 'approve', ABEL));
      await new Runs(on.interlock).claim(running, 'gone-1');
      const overdue = await submitted(on, { expireAfterMs: 1 });
      const waits = await submitted(on, { expireAfterMs: 100_000_000 });
      on.clock.aheadMs = 10_000;
      const sweeper = new Sweeper(on.interlock);
      await sweeper.start((worker) => worker.startsWith('gone-'));
      await sweeper.stop();
      on.clock.aheadMs = 0;
      const states = await Promise.all(
        [running, overdue, waits].map(async (id) => (await on.ledger.get(id))?.state),
      );
      expect(states).toEqual(['unknown', 'expired', 'pending']);
    });

    test('refuses what was changed in the database after it was frozen', async () => {
      const id = await submitted(on);
      await on.interlock.decide(answer(id, 'approve', ABEL));
      const action = FROZEN.canonical.replace('uname', 'reboot');
      await on.store.db.update(approvals).set({ action }).where(eq(approvals.id, id));
      await expect(new Runs(on.interlock).claim(id, WORKER)).rejects.toThrow(
        'the stored action does not match its digest',
      );
      await on.store.db
        .update(approvals)
        .set({ action: FROZEN.canonical })
        .where(eq(approvals.id, id));
    });

    test('one that was changed in the database stops neither the start nor all others', async () => {
      const [bad, good, keyed] = [
        await submitted(on, { expireAfterMs: 1, idempotencyKey: 'changed' }),
        await submitted(on, { expireAfterMs: 1 }),
        await submitted(on, { expireAfterMs: 100_000_000 }),
      ];
      await on.store.db.update(approvals).set({ action: '{}' }).where(eq(approvals.id, bad));
      on.clock.aheadMs = 10_000;
      const sweeper = new Sweeper(on.interlock);
      await sweeper.start(() => false);
      await sweeper.stop();
      on.clock.aheadMs = 0;
      expect((await on.ledger.get(good))?.state).toBe('expired');
      const answers = await Promise.allSettled([
        on.interlock.decide(answer(bad, 'approve', ABEL)),
        submitted(on, { idempotencyKey: 'changed' }),
        on.interlock.decide(answer(keyed, 'approve', ABEL)),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
      const listed = await on.ledger.list({ states: null, requester: null, limit: 500 });
      expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining([good, keyed]));
      expect(listed.map(({ id }) => id)).not.toContain(bad);
      const action = FROZEN.canonical;
      await on.store.db.update(approvals).set({ action }).where(eq(approvals.id, bad));
    });

    test('leaves a record that verifies, and in which an edit shows', async () => {
      const whole = await verify(on);
      const { entries } = await recordOf(on);
      expect(whole).toMatchObject({ ok: true, entries: entries.length });
      const entry = entries[3] ?? expect.fail();
      const where = eq(auditEntries.seq, entry.seq);
      const body = entry.body.replace('telegram:', 'telegran:');
      await on.store.db.update(auditEntries).set({ body }).where(where);
      expect(await verify(on)).toMatchObject({ ok: false, seq: entry.seq, fault: 'edited' });
      await on.store.db.update(auditEntries).set({ body: entry.body }).where(where);
      await on.store.db.delete(auditEntries).where(eq(auditEntries.seq, entries.length));
      expect(await verify(on)).toMatchObject({ ok: false, fault: 'truncated' });
      await on.store.db.insert(auditEntries).values(entries.slice(-1));
      expect(await verify(on)).toEqual(whole);
    });

    test.each([
      ['NUL', 'a\u0000b'],
      ['half a character', 'a\ud800b'],
    ])(
      'text that no database keeps (%s) fails alone, not those beside it',
      async (_what, reason) => {
        const [bad, good] = [await submitted(on), await submitted(on)];
        const answers = await Promise.allSettled([
          on.interlock.decide({ ...answer(bad, 'reject', ABEL), reason }),
          on.interlock.decide(answer(good, 'approve', ABEL)),
          on.interlock.record('stranger', ANNA, { text: reason }),
          on.interlock.cancel(bad, REQUESTER, null),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([
          'rejected',
          'fulfilled',
          'rejected',
          'fulfilled',
        ]);
        expect((await on.ledger.get(good))?.state).toBe('approved');
      },
    );
  });
}

describe.skipIf(!postgres.available)(`two control planes on one PostgreSQL${postgres.note}`, () => {
  let engine: Engine;
  let planes: readonly [OnStore, OnStore];

  beforeAll(async () => {
    engine = await postgresEngine();
    planes = [await engine.open(), await engine.open()];
  });

  afterAll(async () => {
    await engine.close();
  });

  /** The same from both, at the same time. */
  function both<T>(count: number, act: (on: OnStore, index: number) => Promise<T>): Promise<T[]> {
    const calls = Array.from({ length: count }, (_, index) =>
      act(index % 2 === 0 ? planes[0] : planes[1], index),
    );
    return Promise.all(calls);
  }

  test('the very first transactions of both make one chain', async () => {
    await both(10, (on, index) => on.interlock.record('test', ANNA, { index }));
    expect(await verify(planes[0])).toMatchObject({ ok: true, entries: 10 });
  });

  test('one of 200 racing answers decides, and both tell all others who it was', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await submitted(planes[0]);
      const answers = await both(200, (on, index) =>
        on.interlock.decide(
          answer(id, index % 4 < 2 ? 'approve' : 'reject', `telegram:approver${index}`),
        ),
      );
      const { decided, shown } = told(answers);
      expect(decided).toHaveLength(1);
      const winner = (await planes[1].ledger.get(id))?.decision;
      expect([...shown]).toEqual([canonicalJson(winner)]);
    }
  });

  test('one of 100 racing workers gets it, whichever it asks', async () => {
    const id = await submitted(planes[0]);
    await planes[1].interlock.decide(answer(id, 'approve', ABEL));
    const answers = await both(100, (on, index) => new Runs(on.interlock).claim(id, `w${index}`));
    expect(answers.filter(({ claimed }) => claimed)).toHaveLength(1);
  });

  test('one of 40 submissions with one key is new, whichever it reaches', async () => {
    const ids = await both(40, (on) => submitted(on, { idempotencyKey: 'raced' }));
    expect(new Set(ids).size).toBe(1);
  });

  test('nothing is released after a lockdown that races with approvals', async () => {
    const ids = await both(40, (on) => submitted(on));
    const deciding = both(40, (on, index) =>
      on.interlock.decide(answer(ids[index] ?? '', 'approve', ABEL)),
    );
    const locking = planes[1].interlock.lockDown(ANNA, null);
    await Promise.all([deciding, locking]);
    const rows = await Promise.all(ids.map((id) => planes[0].ledger.get(id)));
    expect(rows.filter((row) => row?.state === 'approved')).toEqual([]);
    await planes[0].interlock.unlock(ANNA);
  });

  test('the record of both is one chain', async () => {
    expect(await verify(planes[1])).toMatchObject({ ok: true });
  });
});

const SUBMITTED_ROW: typeof approvals.$inferInsert = {
  id: 'ZZZZZ',
  action: FROZEN.canonical,
  digest: FROZEN.digest,
  requester: REQUESTER,
  judgement: {
    effect: 'ask',
    approvals: 1,
    understood: true,
    commands: [],
    reasons: [],
    warnings: [],
    used: [],
    findings: [],
    policyVersion: 'v1',
  },
  state: 'pending',
  version: 1,
  createdAt: 1_000_000_000_000,
  expiresAt: 9_000_000_000_000,
  votesNeeded: 1,
  votes: [],
};
