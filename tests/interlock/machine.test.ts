// The state machine by table (every state and every event) and by law (any sequence of events).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Approval,
  ApprovalState,
  FINAL_STATES,
  type ApprovalState as State,
} from '../../src/bus/approval.ts';
import {
  CLOCK_ACTOR,
  type Event,
  isOverdue,
  type MachineRules,
  step,
} from '../../src/interlock/machine.ts';
import {
  ABEL,
  ANNA,
  decisionOf,
  inState,
  OUTCOME,
  PENDING,
  REQUESTER,
  RULES,
  T0,
  WORKER,
} from './cases.ts';

const NOW = T0 + 5000;
const LATE = T0 + 100_000_000;

const EVENTS = {
  approve: { type: 'approve', actor: ABEL, via: null },
  reject: { type: 'reject', actor: ABEL, reason: 'no', via: null },
  cancel: { type: 'cancel', actor: REQUESTER, reason: null },
  revoke: { type: 'revoke', actor: ABEL, reason: 'lockdown' },
  expire: { type: 'expire' },
  claim: { type: 'claim', worker: WORKER },
  beat: { type: 'beat', worker: WORKER },
  finish: { type: 'finish', worker: WORKER, outcome: OUTCOME },
  lapse: { type: 'lapse', detail: 'not heard of' },
} as const satisfies Record<Event['type'], Event>;

type EventName = keyof typeof EVENTS;

/** `-> state` for a transition, otherwise the refusal. In the order of EVENTS. */
const TABLE: Readonly<Record<State, readonly string[]>> = {
  // In order: approve, reject, cancel, revoke, expire, claim, beat, finish, lapse.
  pending: [
    '-> approved',
    '-> rejected',
    '-> cancelled',
    'not-now',
    'not-now',
    'not-now',
    'not-held',
    'not-held',
    'not-now',
  ],
  approved: [
    'repeated',
    'decided',
    'decided',
    '-> revoked',
    'not-now',
    '-> running',
    'not-held',
    'not-held',
    'not-now',
  ],
  running: [
    'repeated',
    'decided',
    'decided',
    'not-now',
    'not-now',
    'not-now',
    '-> running',
    '-> succeeded',
    '-> unknown',
  ],
  succeeded: final('repeated', 'decided', 'decided', 'decided'),
  failed: final('repeated', 'decided', 'decided', 'decided'),
  unknown: final('repeated', 'decided', 'decided', 'decided'),
  rejected: final('decided', 'repeated', 'decided', 'not-held'),
  cancelled: final('decided', 'decided', 'repeated', 'not-held'),
  expired: final('decided', 'decided', 'decided', 'not-held'),
  denied: final('decided', 'decided', 'decided', 'not-held'),
  revoked: final('decided', 'decided', 'decided', 'not-held'),
};

function final(approve: string, reject: string, cancel: string, finish: string): string[] {
  return [approve, reject, cancel, 'not-now', 'not-now', 'not-now', 'not-held', finish, 'not-now'];
}

function take(approval: Approval, event: Event, now = NOW, rules: MachineRules = RULES): Approval {
  const result = step(approval, event, now, rules);
  if (!result.ok) throw new Error(`refused: ${result.refusal}`);
  return result.next;
}

function said(approval: Approval, event: Event, now: number): string {
  const result = step(approval, event, now, RULES);
  return result.ok ? `-> ${result.next.state}` : result.refusal;
}

describe('every state and every event', () => {
  for (const state of ApprovalState.options) {
    test(`from ${state}`, () => {
      const names = Object.keys(EVENTS) as EventName[];
      const answers = names.map((name) => said(inState(state), EVENTS[name], NOW));
      expect(answers).toEqual(TABLE[state]);
    });
  }

  for (const state of ApprovalState.options) {
    test(`from ${state} when its time has run out, whatever comes`, () => {
      const waits = state === 'pending' || state === 'approved';
      const names = (Object.keys(EVENTS) as EventName[]).filter((name) => name !== 'revoke');
      const answers = names.map((name) => said(inState(state), EVENTS[name], LATE));
      const expected = (TABLE[state] ?? []).filter((_, index) => index !== 3);
      expect(answers).toEqual(waits ? names.map(() => '-> expired') : expected);
    });
  }
});

describe('deciding', () => {
  test('an approval becomes approved, by whom and when, and may be claimed from then on', () => {
    expect(step(PENDING, EVENTS.approve, NOW, RULES)).toEqual({
      ok: true,
      next: {
        ...PENDING,
        state: 'approved',
        version: 2,
        votes: [{ actor: ABEL, atMs: NOW }],
        decision: decisionOf('approved', ABEL, NOW),
        expiresAt: NOW + RULES.claimWithinMs,
      },
      audit: 'approved',
      followUps: ['cards', 'release'],
      overtaken: false,
    });
  });

  test('a rejection keeps its reason and where it was said', () => {
    const via = { platform: 'telegram', chat: '7', ref: '9' };
    const result = step(PENDING, { ...EVENTS.reject, via }, NOW, RULES);
    expect(result).toEqual({
      ok: true,
      next: {
        ...PENDING,
        state: 'rejected',
        version: 2,
        decision: { kind: 'rejected', actor: ABEL, atMs: NOW, reason: 'no', via },
        finishedAt: NOW,
      },
      audit: 'rejected',
      followUps: ['cards', 'drop-job', 'result'],
      overtaken: false,
    });
  });

  test('two votes are two people: the first one waits, one person does not count twice', () => {
    const asked = { ...PENDING, votesNeeded: 2 };
    const first = step(asked, { type: 'approve', actor: ANNA, via: null }, NOW, RULES);
    expect(first).toEqual({
      ok: true,
      next: { ...asked, version: 2, votes: [{ actor: ANNA, atMs: NOW }] },
      audit: 'voted',
      followUps: ['cards'],
      overtaken: false,
    });
    const voted = take(asked, { type: 'approve', actor: ANNA, via: null });
    expect(said(voted, { type: 'approve', actor: ANNA, via: null }, NOW)).toBe('repeated');
    expect(said(voted, { type: 'approve', actor: 'discord:anna', via: null }, NOW)).toBe(
      'repeated',
    );
    const approved = take(voted, EVENTS.approve, NOW + 1);
    expect(approved.state).toBe('approved');
    expect(approved.votes).toEqual([
      { actor: ANNA, atMs: NOW },
      { actor: ABEL, atMs: NOW + 1 },
    ]);
    expect(approved.decision).toEqual(decisionOf('approved', ABEL, NOW + 1));
  });

  test('one no outweighs a yes that was not enough', () => {
    const voted = take({ ...PENDING, votesNeeded: 2 }, EVENTS.approve);
    expect(said(voted, EVENTS.reject, NOW)).toBe('-> rejected');
  });

  test('nobody approves its own action, under no linked identity, unless it is configured', () => {
    for (const actor of [REQUESTER, 'discord:rita']) {
      const event = { type: 'approve', actor, via: null } as const;
      expect(said(PENDING, event, NOW)).toBe('own-action');
      expect(take(PENDING, event, NOW, { ...RULES, selfApproval: true }).state).toBe('approved');
    }
  });

  test('only the identity that asked takes it back', () => {
    for (const actor of ['discord:rita', ABEL]) {
      expect(said(PENDING, { type: 'cancel', actor, reason: null }, NOW)).toBe('not-yours');
    }
  });
});

describe('time', () => {
  test('the last moment is one millisecond before it expires', () => {
    const { expiresAt } = PENDING;
    expect(isOverdue(PENDING, expiresAt - 1)).toBe(false);
    expect(isOverdue(PENDING, expiresAt)).toBe(true);
    expect(said(PENDING, EVENTS.approve, expiresAt - 1)).toBe('-> approved');
    expect(said(PENDING, EVENTS.approve, expiresAt)).toBe('-> expired');
    expect(said(PENDING, EVENTS.expire, expiresAt - 1)).toBe('not-now');
  });

  test('who comes too late is told so, and time is the one that decided', () => {
    expect(step(PENDING, EVENTS.approve, LATE, RULES)).toEqual({
      ok: true,
      next: {
        ...PENDING,
        state: 'expired',
        version: 2,
        decision: {
          kind: 'expired',
          actor: CLOCK_ACTOR,
          atMs: LATE,
          reason: 'nobody decided in time',
          via: null,
        },
        finishedAt: LATE,
      },
      audit: 'expired',
      followUps: ['cards', 'drop-job', 'result', 'alert'],
      overtaken: true,
    });
  });

  test('what was released and not taken in time does not run later', () => {
    const late = take(inState('approved'), EVENTS.claim, LATE);
    expect([late.state, late.worker, late.startedAt, late.decision?.reason]).toEqual([
      'expired',
      null,
      null,
      'no worker took it in time after it was released',
    ]);
  });

  test('a running action does not expire: it has a lease', () => {
    expect(said(inState('running'), EVENTS.expire, LATE)).toBe('not-now');
    expect(said(inState('running'), EVENTS.finish, LATE)).toBe('-> succeeded');
  });
});

describe('running', () => {
  test('a claim names its worker and starts its lease, and there is no second one', () => {
    const running = take(inState('approved'), EVENTS.claim);
    expect([running.state, running.worker, running.startedAt, running.leaseUntil]).toEqual([
      'running',
      WORKER,
      NOW,
      NOW + RULES.leaseMs,
    ]);
    for (const worker of [WORKER, 'worker-2']) {
      expect(said(running, { type: 'claim', worker }, NOW)).toBe('not-now');
    }
  });

  test('a heartbeat moves the lease, leaves no entry and disturbs nobody', () => {
    const running = inState('running');
    expect(step(running, EVENTS.beat, NOW, RULES)).toEqual({
      ok: true,
      next: { ...running, version: 4, leaseUntil: NOW + RULES.leaseMs },
      audit: null,
      followUps: [],
      overtaken: false,
    });
  });

  test('another worker neither beats nor finishes it, before and after its end', () => {
    for (const state of ['running', 'succeeded', 'unknown'] as const) {
      const other = 'worker-2';
      expect(said(inState(state), { type: 'beat', worker: other }, NOW)).toBe('not-held');
      const event = { type: 'finish', worker: other, outcome: OUTCOME } as const;
      expect(said(inState(state), event, NOW)).toBe('not-held');
    }
  });

  test('the exit code decides between succeeded and failed; none is failed', () => {
    const states = [0, 1, 137, null].map(
      (exitCode) =>
        take(inState('running'), { ...EVENTS.finish, outcome: { ...OUTCOME, exitCode } }).state,
    );
    expect(states).toEqual(['succeeded', 'failed', 'failed', 'failed']);
  });

  test('a lapse pages people and says that nobody knows', () => {
    const running = inState('running');
    expect(step(running, EVENTS.lapse, NOW, RULES)).toEqual({
      ok: true,
      next: {
        ...running,
        state: 'unknown',
        version: 4,
        leaseUntil: null,
        finishedAt: NOW,
        outcome: {
          exitCode: null,
          detail: 'not heard of',
          durationMs: null,
          omittedBytes: 0,
          unenforced: [],
        },
      },
      audit: 'unknown',
      followUps: ['cards', 'result', 'page'],
      overtaken: false,
    });
  });
});

const person = fc.constantFrom(REQUESTER, ANNA, ABEL, 'discord:anna', 'discord:rita');
const worker = fc.constantFrom(WORKER, 'worker-2');
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('approve' as const), actor: person, via: fc.constant(null) }),
  fc.record({
    type: fc.constant('reject' as const),
    actor: person,
    reason: fc.constantFrom(null, 'no'),
    via: fc.constant(null),
  }),
  fc.record({ type: fc.constant('cancel' as const), actor: person, reason: fc.constant(null) }),
  fc.record({ type: fc.constant('revoke' as const), actor: person, reason: fc.constant('why') }),
  fc.constant({ type: 'expire' as const }),
  fc.record({ type: fc.constant('claim' as const), worker }),
  fc.record({ type: fc.constant('beat' as const), worker }),
  fc.record({
    type: fc.constant('finish' as const),
    worker,
    outcome: fc.constantFrom(OUTCOME, { ...OUTCOME, exitCode: 3 }),
  }),
  fc.record({ type: fc.constant('lapse' as const), detail: fc.constant('lost') }),
);
/** Time goes on by this much before the event; it may go back. */
const history = fc.array(fc.tuple(anyEvent, fc.integer({ min: -100_000, max: 700_000 })), {
  maxLength: 30,
});
const start = fc.constantFrom(
  PENDING,
  { ...PENDING, votesNeeded: 2 },
  inState('approved'),
  inState('running'),
);

/** Calls `each` for every step of a history. */
function replay(
  from: Approval,
  events: readonly (readonly [Event, number])[],
  each: (before: Approval, result: ReturnType<typeof step>, event: Event, now: number) => void,
): Approval {
  let approval = from;
  let now = NOW;
  for (const [event, byMs] of events) {
    now += byMs;
    const result = step(approval, event, now, RULES);
    each(approval, result, event, now);
    if (result.ok) approval = result.next;
  }
  return approval;
}

describe('laws of any history', () => {
  const settings = { numRuns: 2000 };

  test('nothing leaves a final state', () => {
    fc.assert(
      fc.property(start, history, (from, events) => {
        replay(from, events, (before, result) => {
          if (FINAL_STATES.has(before.state)) expect(result.ok).toBe(false);
        });
      }),
      settings,
    );
  });

  test('each step counts one, and changes nothing of what was frozen, asked and judged', () => {
    fc.assert(
      fc.property(start, history, (from, events) => {
        replay(from, events, (before, result) => {
          if (!result.ok) return;
          const { next } = result;
          expect(next.version).toBe(before.version + 1);
          const fixed = ({ id, frozen, requester, judgement, createdAt }: Approval) =>
            [id, frozen, requester, judgement, createdAt] as const;
          expect(fixed(next)).toEqual(fixed(before));
        });
      }),
      settings,
    );
  });

  test('it is claimed at most once, and only from approved and in time', () => {
    fc.assert(
      fc.property(start, history, (from, events) => {
        let claims = from.state === 'running' ? 1 : 0;
        replay(from, events, (before, result, _event, now) => {
          if (!result.ok || result.next.state !== 'running' || before.state === 'running') return;
          claims += 1;
          expect([before.state, now < before.expiresAt]).toEqual(['approved', true]);
        });
        expect(claims).toBeLessThanOrEqual(1);
      }),
      settings,
    );
  });

  test('approved means enough different people, none of them the requester', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3), history, (votesNeeded, events) => {
        const end = replay({ ...PENDING, votesNeeded }, events, () => undefined);
        const people = new Set(end.votes.map(({ actor }) => actor.split(':')[1]));
        expect(people.size).toBe(end.votes.length);
        expect(people.has('rita')).toBe(false);
        if (end.startedAt !== null) expect(people.size).toBe(votesNeeded);
      }),
      settings,
    );
  });

  test('the same answer again changes nothing: it is refused', () => {
    fc.assert(
      fc.property(start, history, anyEvent, (from, events, event) => {
        const approval = replay(from, events, () => undefined);
        if (event.type === 'beat') return;
        const first = step(approval, event, NOW, RULES);
        if (!first.ok) return;
        expect(step(first.next, event, NOW, RULES).ok).toBe(false);
      }),
      settings,
    );
  });

  test('a decision of people is made once; only time or a lockdown may follow it', () => {
    fc.assert(
      fc.property(start, history, (from, events) => {
        replay(from, events, (before, result) => {
          if (!result.ok || before.decision === null) return;
          const { decision } = result.next;
          if (decision === before.decision) return;
          expect([before.state, decision?.kind]).toEqual([
            'approved',
            expect.stringMatching(/^(expired|revoked)$/),
          ]);
        });
      }),
      settings,
    );
  });

  test('every step but a heartbeat has its entry', () => {
    fc.assert(
      fc.property(start, history, (from, events) => {
        replay(from, events, (_before, result, event) => {
          if (!result.ok) return;
          expect(result.audit === null).toBe(event.type === 'beat' && !result.overtaken);
        });
      }),
      settings,
    );
  });
});
