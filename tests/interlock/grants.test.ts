// Grants over the real policies, on a ledger in memory: what they release, how they end, and what
// of it is on the record. Races and crashes are the simulation's.
import { describe, expect, test } from 'vitest';
import { freezeAction } from '../../src/bus/action.ts';
import type { Approval } from '../../src/bus/approval.ts';
import type { GrantTerms } from '../../src/bus/grant.ts';
import { MOST_GRANTS } from '../../src/interlock/grants.ts';
import type { Interlock } from '../../src/interlock/interlock.ts';
import { createRulesInForce } from '../../src/interlock/rules-in-force.ts';
import { Runs } from '../../src/interlock/runs.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import { judge } from '../../src/policies/judge.ts';
import { buildRuleSet, type RuleSource } from '../../src/policies/rules.ts';
import { ABEL, ANNA, REQUESTER, RULES } from './cases.ts';
import { SUBMISSION, Workbench } from './workbench.ts';

const HOUR_MS = 3_600_000;

/** An interlock over these rules, and the same people asking. */
function granting(rules: readonly RuleSource[] = []) {
  const bench = new Workbench();
  const inForce = createRulesInForce();
  let base = buildRuleSet(rules, 'file');
  bench.judge = ({ action }, requester, grants) =>
    judge(action, inForce(base, grants), {
      requester,
      platform: 'telegram',
      cwd: action.cwd,
      home: null,
    });
  const interlock = bench.interlock();
  const runs = new Runs(interlock);
  return {
    bench,
    interlock,
    terms: (change: Partial<GrantTerms> = {}): GrantTerms => ({
      effect: 'allow',
      pattern: 'git status',
      in: null,
      from: null,
      on: null,
      approvals: 1,
      dangerous: false,
      reason: null,
      expiresAt: bench.clock.now() + HOUR_MS,
      usesLeft: null,
      origin: null,
      ...change,
    }),
    setRules(changed: readonly RuleSource[]) {
      base = buildRuleSet(changed, 'changed');
    },
    async grant(change: Partial<GrantTerms> = {}) {
      const granted = await bench.done(interlock.grant(ANNA, this.terms(change)));
      if (!granted.ok) throw new Error(granted.why);
      return granted.grant;
    },
    async submit(command: string, key: string | null = null): Promise<Approval> {
      const action = { kind: 'shell', command, cwd: '/srv', env: {}, stdinDigest: null } as const;
      const frozen = freezeAction({ ...action, sandbox: 'strict' });
      const submission = { ...SUBMISSION, frozen, idempotencyKey: key };
      return (await bench.done(interlock.submit(submission))).approval;
    },
    claim: async ({ id }: Approval) => {
      const answer = await bench.done(runs.claim(id, 'worker'));
      return answer.claimed ? 'claimed' : answer.why;
    },
    left: async () =>
      (await bench.done(interlock.grants())).map(({ id, usesLeft }) => [id, usesLeft]),
    record: () =>
      bench.commits.flatMap(({ audit }) => audit.map(({ type, actor }) => `${type} by ${actor}`)),
  };
}

describe('a grant', () => {
  test('is in force in the very next submission, and not after its time', async () => {
    const on = granting();
    expect((await on.submit('git status')).state).toBe('pending');
    const grant = await on.grant();
    expect(grant).toEqual({
      ...on.terms(),
      id: 'g1',
      createdBy: ANNA,
      createdAt: on.bench.clock.now(),
    });
    const allowed = await on.submit('git status');
    expect(allowed).toMatchObject({ state: 'approved', judgement: { used: ['grant:g1'] } });
    on.bench.scheduler.advance(HOUR_MS - 1);
    expect((await on.submit('git status')).state).toBe('approved');
    on.bench.scheduler.advance(1);
    expect((await on.submit('git status')).state).toBe('pending');
    expect(await on.left()).toEqual([]);
  });

  test('is used once by an action, however many of its commands match', async () => {
    const on = granting();
    await on.grant({ usesLeft: 2, expiresAt: null });
    await on.grant({ usesLeft: 5, pattern: 'git diff' });
    expect((await on.submit('git status; git status && git diff')).state).toBe('approved');
    expect(await on.left()).toEqual([
      ['g1', 1],
      ['g2', 4],
    ]);
    expect((await on.submit('git status')).state).toBe('approved');
    expect((await on.submit('git status')).state).toBe('pending');
    expect(await on.left()).toEqual([['g2', 4]]);
  });

  test('is not used by what waits, is denied, is repeated, or has a rule of the file', async () => {
    const on = granting([
      { effect: 'deny', pattern: 'rm *' },
      { effect: 'allow', pattern: 'git diff' },
    ]);
    await on.grant({ usesLeft: 5, pattern: 'git *' });
    expect((await on.submit('git status; make')).state).toBe('pending');
    expect((await on.submit('git status; rm x')).state).toBe('denied');
    expect((await on.submit('git diff')).state).toBe('approved');
    expect(await on.left()).toEqual([['g1', 5]]);
    await on.submit('git status', 'once');
    await on.submit('git status', 'once');
    expect(await on.left()).toEqual([['g1', 4]]);
    await on.bench.done(on.interlock.lockDown(ABEL, null));
    expect((await on.submit('git status')).state).toBe('denied');
    expect(await on.left()).toEqual([['g1', 4]]);
  });

  test('that counts its uses is spared where a rule or another grant covers the same', async () => {
    const on = granting([{ effect: 'allow', pattern: 'npm *' }]);
    await on.grant({ usesLeft: 1, pattern: 'npm test' });
    await on.grant({ usesLeft: 1, pattern: 'git diff' });
    await on.grant({ pattern: 'git *' });
    expect((await on.submit('npm test; git diff')).judgement.used).toHaveLength(2);
    expect(await on.left()).toEqual([
      ['g1', 1],
      ['g2', 1],
      ['g3', null],
    ]);
  });

  test('that asks or denies beats a rule that allows, and a rule beats one that allows', async () => {
    const on = granting([
      { effect: 'allow', pattern: 'make *' },
      { effect: 'ask', pattern: 'git push' },
    ]);
    await on.grant({ effect: 'ask', pattern: 'make deploy', approvals: 2 });
    await on.grant({ effect: 'deny', pattern: 'make clean' });
    await on.grant({ pattern: 'git push' });
    const states = [];
    for (const command of ['make test', 'make deploy', 'make clean', 'git push']) {
      const { state, votesNeeded } = await on.submit(command);
      states.push([command, state, votesNeeded]);
    }
    expect(states).toEqual([
      ['make test', 'approved', 1],
      ['make deploy', 'pending', 2],
      ['make clean', 'denied', 1],
      ['git push', 'pending', 1],
    ]);
  });

  test('stands on the rules as they are by now, however many grants came and went', async () => {
    const on = granting();
    const versions = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      await on.grant({ usesLeft: 1, pattern: 'git status' });
      on.setRules([]);
      const allowed = await on.submit('git status');
      expect(allowed.state).toBe('approved');
      versions.add(allowed.judgement.policyVersion);
      await on.grant({ pattern: `make ${round}` });
      on.setRules([{ effect: 'deny', pattern: 'make *' }]);
      expect((await on.submit(`make ${round}`)).state).toBe('denied');
      expect(await on.claim(allowed)).toBe('claimed');
    }
    expect(versions.size).toBe(12);
  });

  test('is for whom and where it was given', async () => {
    const on = granting();
    await on.grant({ from: ABEL });
    await on.grant({ in: '/home/**' });
    await on.grant({ on: 'discord' });
    expect((await on.submit('git status')).state).toBe('pending');
    await on.grant({ from: REQUESTER, in: '/srv', on: 'telegram' });
    expect((await on.submit('git status')).judgement.used).toEqual(['grant:g4']);
  });
});

describe('a claim', () => {
  test('still counts the grant whose last use it is', async () => {
    const on = granting();
    await on.grant({ usesLeft: 1, expiresAt: null });
    const allowed = await on.submit('git status');
    on.bench.scheduler.advance(RULES.claimWithinMs - 1);
    await on.bench.done(on.interlock.endGrants());
    expect(await on.claim(allowed)).toBe('claimed');
    on.bench.scheduler.advance(1);
    await on.bench.done(on.interlock.endGrants());
    expect(on.record().slice(-2)).toEqual([
      'approval.claimed by worker:worker',
      'grant.ended by countersign:clock',
    ]);
  });

  test('counts none that was revoked or has expired in between, used up or not', async () => {
    for (const usesLeft of [1, 2, null]) {
      const on = granting();
      await on.grant({ usesLeft });
      const revoked = await on.submit('git status');
      await on.bench.done(on.interlock.revokeGrant('G1', ABEL));
      expect(await on.claim(revoked)).toBe('the rule that allowed it is no longer in force');
      await on.grant({ usesLeft, expiresAt: on.bench.clock.now() + 1000 });
      const expired = await on.submit('git status');
      on.bench.scheduler.advance(1000);
      expect(await on.claim(expired)).toBe('the rule that allowed it is no longer in force');
    }
  });

  test('counts another that was given in between', async () => {
    const on = granting();
    await on.grant();
    const allowed = await on.submit('git status');
    await on.bench.done(on.interlock.revokeGrant('g1', ABEL));
    await on.grant({ pattern: 'git *' });
    expect(await on.claim(allowed)).toBe('claimed');
  });

  test('of what people approved does not need the grant, and heeds one that denies', async () => {
    const on = granting();
    const [one, other] = [await on.submit('git status'), await on.submit('git diff')];
    for (const { id } of [one, other]) {
      const request = { id, verdict: 'approve', actor: ABEL, reason: null, via: null } as const;
      await on.bench.done(on.interlock.decide(request));
    }
    await on.grant({ effect: 'deny', pattern: 'git diff' });
    expect(await on.claim(one)).toBe('claimed');
    expect(await on.claim(other)).toContain('a rule denies it by now');
  });
});

describe('what is refused', () => {
  test.each([
    ['no end', { expiresAt: null }, /a grant ends/],
    ['a time that is over', { expiresAt: 1_700_000_000_000 }, /time is over/],
    ['half a use', { usesLeft: 0.5 }, /whole number/],
    ['no use', { usesLeft: 0 }, /whole number/],
    ['uses of what denies', { effect: 'deny', usesLeft: 3 }, /give the deny a time/],
    ['votes for what is allowed', { approvals: 2 }, /nobody is asked/],
    ['no vote', { effect: 'ask', approvals: 0 }, /1 to 20/],
    ['anything', { pattern: '*' }, /everything run unseen/],
    ['any program text', { pattern: 'bash *' }, /any program text/],
    ['a regular expression that allows', { pattern: '/x/' }, /only deny/],
    ['what is no pattern', { pattern: "git 'status" }, /git 'status: /],
  ] as const)('%s', async (_what, change, why) => {
    const on = granting();
    const answer = await on.bench.done(on.interlock.grant(ANNA, on.terms(change)));
    expect(answer).toEqual({ ok: false, why: expect.stringMatching(why) });
    expect(on.record()).toEqual([]);
  });

  test('more than there may be at a time, until one of them has ended', async () => {
    const on = granting();
    const first = on.grant({ expiresAt: on.bench.clock.now() + 1000 });
    const many = Array.from({ length: MOST_GRANTS - 1 }, () => on.grant());
    await Promise.all([first, ...many]);
    await expect(on.grant()).rejects.toThrow(`there are ${MOST_GRANTS} grants: take some back`);
    on.bench.scheduler.advance(1000);
    expect((await on.grant()).id).toBe(`g${MOST_GRANTS + 1}`);
  });
});

describe('what has ended', () => {
  test('is swept away, with an entry, and its id is not given again', async () => {
    const on = granting();
    await on.grant({ expiresAt: on.bench.clock.now() + 1000 });
    await on.bench.done(new Sweeper(on.interlock).start(() => false));
    on.bench.scheduler.advance(60_000);
    await on.bench.rest();
    expect(on.record()).toEqual([`grant.added by ${ANNA}`, 'grant.ended by countersign:clock']);
    expect([...on.bench.store.grants]).toEqual([]);
    expect((await on.grant()).id).toBe('g2');
  });

  test('cannot be revoked; what is revoked is told with what was left', async () => {
    const on = granting();
    await on.grant({ usesLeft: 2 });
    await on.submit('git status');
    const revoke = (id: string) => on.bench.done(on.interlock.revokeGrant(id, ABEL));
    expect(await revoke(' G1 ')).toMatchObject({ id: 'g1', usesLeft: 1 });
    expect(await revoke('g1')).toBeNull();
    await on.grant({ expiresAt: on.bench.clock.now() + 1000 });
    on.bench.scheduler.advance(1000);
    expect(await revoke('g2')).toBeNull();
  });
});

/** The newest change that stands, in short. */
async function last({ bench, interlock }: { bench: Workbench; interlock: Interlock }) {
  const record = await bench.done(interlock.lastChange());
  return record === null ? null : [record.seq, record.actor, record.change.kind];
}

describe('the log of changes', () => {
  const change = {
    kind: 'added',
    written: 'deny: rm *',
    rule: { effect: 'deny', pattern: 'rm *' },
    source: { deny: 'rm *' },
    place: ['rules', 0],
    version: 'v2',
  } as const;

  test('leads back one change at a time, and undoing is none of them', async () => {
    const on = granting();
    await on.bench.done(on.interlock.recordChange(ABEL, change));
    await on.grant();
    await on.bench.done(on.interlock.revokeGrant('g1', ABEL));
    expect(await last(on)).toEqual([3, ABEL, 'revoked']);
    const revoked = await on.bench.done(on.interlock.lastChange());
    const again = on.interlock.grant(ANNA, on.terms(), revoked?.seq);
    expect(await on.bench.done(again)).toMatchObject({ ok: true, grant: { id: 'g1' } });
    expect(await last(on)).toEqual([2, ANNA, 'granted']);
    expect(await on.bench.done(on.interlock.revokeGrant('g1', ANNA, 2))).not.toBeNull();
    expect(await last(on)).toEqual([1, ABEL, 'added']);
    expect(await on.bench.done(on.interlock.markUndone(1, ANNA))).toBe(true);
    expect(await last(on)).toBeNull();
    expect(on.record()).toEqual([
      `policy.added by ${ABEL}`,
      `grant.added by ${ANNA}`,
      `grant.revoked by ${ABEL}`,
      `policy.undone by ${ANNA}`,
      `grant.restored by ${ANNA}`,
      `grant.revoked by ${ANNA}`,
      `policy.undone by ${ANNA}`,
      `policy.undone by ${ANNA}`,
    ]);
  });

  test('keeps what brings a change back, and is undone by one of two', async () => {
    const on = granting();
    await on.bench.done(on.interlock.recordChange(ABEL, change));
    const at = on.bench.clock.now();
    const record = await on.bench.done(on.interlock.lastChange());
    expect(record).toEqual({ seq: 1, at, actor: ABEL, change, undoneAt: null });
    const both = [ANNA, ABEL].map((actor) => on.interlock.markUndone(1, actor));
    expect(await on.bench.done(Promise.all(both))).toEqual([true, false]);
    expect(await on.bench.done(on.interlock.markUndone(7, ABEL))).toBe(false);
    const late = on.interlock.grant(ANNA, on.terms(), 1);
    expect(await on.bench.done(late)).toMatchObject({ ok: false });
  });

  test('has no place for what is revoked when nothing was left of it', async () => {
    const on = granting();
    await on.grant({ usesLeft: 1 });
    await on.submit('git status');
    expect(await on.bench.done(on.interlock.revokeGrant('g1', ABEL))).not.toBeNull();
    expect(await last(on)).toEqual([1, ANNA, 'granted']);
  });
});

describe('uses', () => {
  test('are counted of every rule that decided, once an action, with the last time', async () => {
    const on = granting([
      { effect: 'allow', pattern: 'git *' },
      { effect: 'deny', pattern: 'rm *' },
    ]);
    const [git, rm] = buildRuleSet(
      [
        { effect: 'allow', pattern: 'git *' },
        { effect: 'deny', pattern: 'rm *' },
      ],
      '',
    ).rules.map(({ key }) => key);
    await on.grant({ pattern: 'make' });
    const first = on.bench.clock.now();
    await on.submit('git status; git diff; make');
    await on.submit('git status; rm x; rm y');
    on.bench.scheduler.advance(500);
    await on.submit('git log', 'once');
    await on.submit('git log', 'once');
    await on.submit('ls');
    const uses = await on.bench.done(on.interlock.ruleUses());
    expect(Object.fromEntries(uses)).toEqual({
      [git ?? '']: { uses: 2, lastAt: first + 500 },
      [rm ?? '']: { uses: 1, lastAt: first },
      'grant:g1': { uses: 1, lastAt: first },
    });
  });

  test('of a dangerous rule are warned about and on the record with the approval (F008)', async () => {
    const on = granting([{ effect: 'allow', pattern: 'bash *', dangerous: true }]);
    await on.grant({ pattern: 'python3 *', dangerous: true });
    const both = await on.submit('bash x.sh; python3 x.py');
    await on.submit('bash x.sh; make');
    const entries = on.bench.commits.flatMap(({ audit }) =>
      audit.filter(({ type }) => type.startsWith('policy.')),
    );
    expect(entries.map(({ type, approvalId, data }) => [type, approvalId, data])).toEqual([
      ['policy.dangerous-rule-used', both.id, { rule: 'allow: bash *' }],
      ['policy.dangerous-rule-used', both.id, { rule: 'allow: python3 *' }],
      ['policy.warning', expect.any(String), { warning: 'dangerous rule used: allow: bash *' }],
    ]);
    expect(on.bench.logged).toHaveLength(3);
  });

  test('what was asked for last comes first', async () => {
    const on = granting();
    await on.submit('git status');
    on.bench.scheduler.advance(1);
    const last = await on.submit('git diff');
    expect(await on.bench.done(on.interlock.recent(1))).toEqual([last]);
  });
});
