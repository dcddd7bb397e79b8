// The state machine of an approval: (approval, event, now) -> the approval after it and what must
// follow, or why not. Pure: no clock, no store, no platform. Everything that changes an approval
// comes through `step`; what the world then does is the shell's matter (commit.ts).
import type { Approval, Decision, Origin, Outcome } from '../bus/approval.ts';
import type { Identity } from '../bus/messages.ts';

/** The program itself as an actor. */
export const POLICY_ACTOR: Identity = 'countersign:policy';
export const CLOCK_ACTOR: Identity = 'countersign:clock';

export type Event =
  | { readonly type: 'approve'; readonly actor: Identity; readonly via: Origin | null }
  | {
      readonly type: 'reject';
      readonly actor: Identity;
      readonly reason: string | null;
      readonly via: Origin | null;
    }
  | { readonly type: 'cancel'; readonly actor: Identity; readonly reason: string | null }
  | { readonly type: 'revoke'; readonly actor: Identity; readonly reason: string }
  | { readonly type: 'expire' }
  | { readonly type: 'claim'; readonly worker: string }
  | { readonly type: 'beat'; readonly worker: string }
  | { readonly type: 'finish'; readonly worker: string; readonly outcome: Outcome }
  | { readonly type: 'lapse'; readonly detail: string };

/** Times the machine adds to now, in milliseconds, and who may not approve. */
export interface MachineRules {
  /** How long a released approval waits for a worker. */
  readonly claimWithinMs: number;
  /** How long a running one lives without a heartbeat. */
  readonly leaseMs: number;
  /** Whether a requester may approve its own action; false unless configured (I7). */
  readonly selfApproval: boolean;
  /** Whether two identities are one person. */
  readonly samePerson: (one: Identity, other: Identity) => boolean;
}

/** What must follow a committed step. */
export type FollowUp =
  /** Cards show something else now. */
  | 'cards'
  /** The job must be due now. */
  | 'release'
  /** The job is pointless. */
  | 'drop-job'
  /** The requester and the deciding chat are told how it ended. */
  | 'result'
  /** Approvers are told that it lapsed: editing a card makes no phone ring. */
  | 'alert'
  /** People must look: nobody knows what happened. */
  | 'page';

export type Step =
  | {
      readonly ok: true;
      readonly next: Approval;
      /** The entry's type on the record; null for a heartbeat, which leaves none. */
      readonly audit: string | null;
      readonly followUps: readonly FollowUp[];
      /** True when `next` is not what the event asked for, because time had run out before it. */
      readonly overtaken: boolean;
    }
  | { readonly ok: false; readonly refusal: Refusal };

export type Refusal =
  /** The same was decided (or voted) before: idempotent. */
  | 'repeated'
  /** Somebody else won: see the approval's decision. */
  | 'decided'
  /** A requester may not approve its own action. */
  | 'own-action'
  /** Only the requester may do this. */
  | 'not-yours'
  /** This worker does not hold it. */
  | 'not-held'
  /** It is not due, or not in a state where this means anything. */
  | 'not-now';

/** One transition. Time is checked first: what has expired is expired, whoever asks. */
export function step(approval: Approval, event: Event, now: number, rules: MachineRules): Step {
  if (isOverdue(approval, now) && event.type !== 'revoke') {
    return expire(approval, now, event.type !== 'expire');
  }
  switch (event.type) {
    case 'approve':
      return approve(approval, event, now, rules);
    case 'reject':
      return close(approval, 'rejected', event.actor, event.reason, event.via, now);
    case 'cancel':
      return samePersonAsRequester(approval, event.actor)
        ? close(approval, 'cancelled', event.actor, event.reason, null, now)
        : refuse('not-yours');
    case 'revoke':
      return revoke(approval, event.actor, event.reason, now);
    case 'expire':
      return refuse('not-now');
    case 'claim':
      return claim(approval, event.worker, now, rules);
    case 'beat':
      return beat(approval, event.worker, now, rules);
    case 'finish':
      return finish(approval, event.worker, event.outcome, now);
    case 'lapse':
      return lapse(approval, event.detail, now);
  }
}

/** Whether its time to be decided, or to be claimed, has run out. */
export function isOverdue(approval: Approval, now: number): boolean {
  const waits = approval.state === 'pending' || approval.state === 'approved';
  return waits && now >= approval.expiresAt;
}

function approve(
  approval: Approval,
  event: Extract<Event, { type: 'approve' }>,
  now: number,
  rules: MachineRules,
): Step {
  if (approval.state !== 'pending') {
    const kind = approval.decision?.kind;
    return refuse(kind === 'approved' || kind === 'allowed' ? 'repeated' : 'decided');
  }
  if (!rules.selfApproval && rules.samePerson(event.actor, approval.requester)) {
    return refuse('own-action');
  }
  if (approval.votes.some((vote) => rules.samePerson(vote.actor, event.actor))) {
    return refuse('repeated');
  }
  const votes = [...approval.votes, { actor: event.actor, atMs: now }];
  const voted = { ...approval, votes, version: approval.version + 1 };
  if (votes.length < approval.votesNeeded) return done(voted, 'voted', ['cards']);
  const next: Approval = {
    ...voted,
    state: 'approved',
    decision: decision('approved', event.actor, now, null, event.via),
    expiresAt: now + rules.claimWithinMs,
  };
  return done(next, 'approved', ['cards', 'release']);
}

function close(
  approval: Approval,
  kind: 'rejected' | 'cancelled',
  actor: Identity,
  reason: string | null,
  via: Origin | null,
  now: number,
): Step {
  if (approval.state !== 'pending') {
    return refuse(approval.decision?.kind === kind ? 'repeated' : 'decided');
  }
  const next: Approval = {
    ...approval,
    state: kind,
    version: approval.version + 1,
    decision: decision(kind, actor, now, reason, via),
    finishedAt: now,
  };
  return done(next, kind, ['cards', 'drop-job', 'result']);
}

function revoke(approval: Approval, actor: Identity, reason: string, now: number): Step {
  if (approval.state !== 'approved') return refuse('not-now');
  const next: Approval = {
    ...approval,
    state: 'revoked',
    version: approval.version + 1,
    decision: decision('revoked', actor, now, reason, approval.decision?.via ?? null),
    finishedAt: now,
  };
  return done(next, 'revoked', ['cards', 'drop-job', 'result']);
}

function expire(approval: Approval, now: number, overtaken: boolean): Step {
  const reason =
    approval.state === 'pending'
      ? 'nobody decided in time'
      : 'no worker took it in time after it was released';
  const next: Approval = {
    ...approval,
    state: 'expired',
    version: approval.version + 1,
    decision: decision('expired', CLOCK_ACTOR, now, reason, approval.decision?.via ?? null),
    finishedAt: now,
  };
  return {
    ok: true,
    next,
    audit: 'expired',
    followUps: ['cards', 'drop-job', 'result', 'alert'],
    overtaken,
  };
}

function claim(approval: Approval, worker: string, now: number, rules: MachineRules): Step {
  if (approval.state !== 'approved') return refuse('not-now');
  const next: Approval = {
    ...approval,
    state: 'running',
    version: approval.version + 1,
    worker,
    startedAt: now,
    leaseUntil: now + rules.leaseMs,
  };
  // No card is edited for it: it follows the release at once, and an edit costs a call to a
  // platform.
  return done(next, 'claimed', []);
}

function beat(approval: Approval, worker: string, now: number, rules: MachineRules): Step {
  if (approval.state !== 'running' || approval.worker !== worker) return refuse('not-held');
  const next = { ...approval, version: approval.version + 1, leaseUntil: now + rules.leaseMs };
  return { ok: true, next, audit: null, followUps: [], overtaken: false };
}

function finish(approval: Approval, worker: string, outcome: Outcome, now: number): Step {
  if (approval.worker !== worker) return refuse('not-held');
  if (approval.state !== 'running') return refuse('decided');
  const next: Approval = {
    ...approval,
    state: outcome.exitCode === 0 ? 'succeeded' : 'failed',
    version: approval.version + 1,
    leaseUntil: null,
    finishedAt: now,
    outcome,
  };
  return done(next, next.state, ['cards', 'result']);
}

function lapse(approval: Approval, detail: string, now: number): Step {
  if (approval.state !== 'running') return refuse('not-now');
  const next: Approval = {
    ...approval,
    state: 'unknown',
    version: approval.version + 1,
    leaseUntil: null,
    finishedAt: now,
    outcome: { exitCode: null, detail, durationMs: null, omittedBytes: 0, unenforced: [] },
  };
  return done(next, 'unknown', ['cards', 'result', 'page']);
}

// Cancelling is the requester's alone, in the identity that asked; linked ones have not asked.
function samePersonAsRequester(approval: Approval, actor: Identity): boolean {
  return approval.requester === actor;
}

function decision(
  kind: Decision['kind'],
  actor: Identity,
  atMs: number,
  reason: string | null,
  via: Origin | null,
): Decision {
  return { kind, actor, atMs, reason, via };
}

function done(next: Approval, audit: string, followUps: readonly FollowUp[]): Step {
  return { ok: true, next, audit, followUps, overtaken: false };
}

function refuse(refusal: Refusal): Step {
  return { ok: false, refusal };
}
