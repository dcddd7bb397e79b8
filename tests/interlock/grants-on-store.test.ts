// Grants, use counts and the log of changes on a real database: what is answered is what is kept,
// and two control planes on one PostgreSQL use no grant more often than it was given.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GrantTerms } from '../../src/bus/grant.ts';
import { createStoreLedger } from '../../src/interlock/store-ledger.ts';
import { approvals, grants } from '../../src/store/schema.ts';
import { requireService } from '../services.ts';
import { recordKey } from '../simulation/keys.ts';
import { ABEL, ANNA } from './cases.ts';
import {
  type Engine,
  type OnStore,
  pgliteEngine,
  postgresEngine,
  submitted,
  verify,
} from './on-store.ts';

const postgres = requireService('postgres');

const ENGINES = [
  { name: 'PGlite', note: '', available: true, start: pgliteEngine },
  { name: 'PostgreSQL', ...postgres, start: postgresEngine },
];

/** Allows what SUBMISSION asks for. */
const TERMS: GrantTerms = {
  effect: 'allow',
  pattern: 'uname -a',
  in: null,
  from: null,
  on: null,
  approvals: 1,
  dangerous: false,
  reason: 'because "quotes" \\ and \u{1f600}',
  expiresAt: null,
  usesLeft: 3,
  origin: null,
};

async function given(on: OnStore, change: Partial<GrantTerms> = {}): Promise<string> {
  const granted = await on.interlock.grant(ANNA, { ...TERMS, ...change });
  return granted.ok ? granted.grant.id : expect.fail(granted.why);
}

async function stateOf(on: OnStore, id: string) {
  return (await on.ledger.get(id))?.state;
}

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

    test('keeps a grant as it was answered, and every use with what it released', async () => {
      const granted = await on.interlock.grant(ANNA, TERMS);
      if (!granted.ok) return expect.fail(granted.why);
      const { grant } = granted;
      expect(await on.interlock.grants()).toEqual([grant]);
      const ids = await Promise.all(Array.from({ length: 10 }, () => submitted(on)));
      const states = await Promise.all(ids.map((id) => stateOf(on, id)));
      expect(states.filter((state) => state === 'approved')).toHaveLength(3);
      expect(states.filter((state) => state === 'pending')).toHaveLength(7);
      expect(await on.interlock.grants()).toEqual([]);
      expect((await on.interlock.ruleUses()).get(`grant:${grant.id}`)).toEqual({
        uses: 3,
        lastAt: expect.any(Number),
      });
    });

    test('ends what is over, and numbers on from there after a restart', async () => {
      const id = await given(on, { usesLeft: null, expiresAt: on.clock.now() + 60_000 });
      expect((await on.interlock.grants()).map((grant) => grant.id)).toEqual([id]);
      on.clock.aheadMs = 3_600_000;
      expect(await on.interlock.grants()).toEqual([]);
      await on.interlock.endGrants();
      on.clock.aheadMs = 0;
      expect(await on.store.db.select().from(grants)).toEqual([]);
      // Another ledger on the same store has seen nothing of it.
      const ledger = createStoreLedger(on.store.db, recordKey);
      const read = await ledger.transact({ ids: [], keys: [] }, ({ grants: kept }) => ({
        writes: NOTHING,
        answer: kept,
      }));
      expect(read).toEqual({ lastNumber: Number(id.slice(1)), kept: [] });
      expect(await given(on)).toBe(`g${Number(id.slice(1)) + 1}`);
    });

    test('lists them in the order they were given, ten of them and more', async () => {
      const ids = [];
      for (let count = 0; count < 12; count += 1) ids.push(await given(on, { usesLeft: 1 }));
      const listed = (await on.interlock.grants()).map(({ id }) => id);
      expect(listed.slice(-12)).toEqual(ids);
      for (const id of listed) await on.interlock.revokeGrant(id, ABEL);
      expect(await on.interlock.grants()).toEqual([]);
    });

    test('logs changes so that the newest can be undone, once', async () => {
      const id = await given(on);
      const change = {
        kind: 'removed',
        written: 'deny: rm *',
        rule: { effect: 'deny', pattern: 'rm *', reason: 'quotes " and \\' },
        source: { deny: 'rm *', examples: { match: ['rm x'] } },
        place: ['rules', 3],
        version: 'v2',
      } as const;
      await on.interlock.recordChange(ABEL, change);
      const newest = await on.interlock.lastChange();
      expect(newest).toEqual({
        seq: expect.any(Number),
        at: expect.any(Number),
        actor: ABEL,
        change,
        undoneAt: null,
      });
      const seq = newest?.seq ?? 0;
      const both = await Promise.all([ANNA, ABEL].map((who) => on.interlock.markUndone(seq, who)));
      expect(both).toEqual([true, false]);
      const before = await on.interlock.lastChange();
      expect(before).toMatchObject({ actor: ANNA, change: { kind: 'granted', grant: { id } } });
      expect(await on.interlock.revokeGrant(id, ANNA, before?.seq)).toMatchObject({ id });
      expect((await on.interlock.lastChange())?.seq).not.toBe(before?.seq);
    });

    test('reads approvals of the first version, whose judgements named no rules', async () => {
      const id = await submitted(on);
      const kept = await on.ledger.get(id);
      const { used: _, ...judgement } = kept?.judgement ?? expect.fail();
      await on.store.db
        .update(approvals)
        .set({ judgement: judgement as never })
        .where(eq(approvals.id, id));
      expect((await on.ledger.get(id))?.judgement).toEqual({ ...judgement, used: [] });
      expect(await on.interlock.recent(1)).toEqual([kept]);
    });

    test('leaves a record that verifies', async () => {
      expect(await verify(on)).toMatchObject({ ok: true });
    });
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

  test('release no more than was granted, whichever is asked', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await given(planes[round % 2] as OnStore, { usesLeft: 7 });
      const ids = await Promise.all(
        Array.from({ length: 60 }, (_, index) => submitted(planes[index % 2] as OnStore)),
      );
      const states = await Promise.all(ids.map((one) => stateOf(planes[0], one)));
      expect(states.filter((state) => state === 'approved')).toHaveLength(7);
      const uses = await planes[1].interlock.ruleUses();
      expect(uses.get(`grant:${id}`)?.uses).toBe(7);
    }
  });

  test('each heeds what the other grants and revokes, from the very next submission', async () => {
    const [one, other] = planes;
    for (let round = 0; round < 20; round += 1) {
      const id = await given(one, { usesLeft: null, expiresAt: one.clock.now() + 3_600_000 });
      expect(await stateOf(one, await submitted(other))).toBe('approved');
      expect(await other.interlock.revokeGrant(id, ABEL)).toMatchObject({ id });
      expect(await stateOf(one, await submitted(one))).toBe('pending');
    }
    expect(await verify(one)).toMatchObject({ ok: true });
  });
});

const NOTHING = {
  inserted: [],
  updated: [],
  inputs: [],
  outputs: [],
  audit: [],
  outbox: [],
  lockdown: undefined,
  grants: undefined,
  ruleUses: new Map(),
  policyChanges: [],
  undone: [],
};
