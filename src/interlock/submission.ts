// What somebody asks for, and what becomes of it in its transaction: judged by the rules and the
// live grants, counted, and put in. Pure over the view.
import type { FrozenAction } from '../bus/action.ts';
import type { Approval, Origin } from '../bus/approval.ts';
import type { Clock } from '../bus/clock.ts';
import type { Grant } from '../bus/grant.ts';
import type { Identity, Judgement } from '../bus/messages.ts';
import { insert, type Setting } from './consequences.ts';
import { liveGrants, spendGrants } from './grants.ts';
import type { Lockdown } from './ledger.ts';
import { POLICY_ACTOR } from './machine.ts';
import type { View } from './view.ts';

/** What the rules in force, these grants and the guard say of an action and its reason, now. */
export type Judge = (
  frozen: FrozenAction,
  requester: Identity,
  grants: readonly Grant[],
  reason: string | null,
) => Judgement;

interface SubmissionPorts {
  readonly clock: Clock;
  readonly judge: Judge;
  readonly setting: Setting & { readonly expireAfterMs: number };
}

export interface Submission {
  readonly frozen: FrozenAction;
  readonly stdin: Uint8Array | null;
  readonly requester: Identity;
  readonly reason: string | null;
  readonly origin: Origin | null;
  readonly idempotencyKey: string | null;
  /** Until when it may be decided; null for the configured time. */
  readonly expireAfterMs: number | null;
}

export type Submitted =
  | { readonly kind: 'new' | 'repeated'; readonly approval: Approval }
  /** The key was used for something else. */
  | { readonly kind: 'key-reused'; readonly approval: Approval };

/** Judges it and puts it in, with all that follows; or finds that it was there before. */
export function enter(
  view: View,
  id: string,
  submission: Submission,
  ports: SubmissionPorts,
): Submitted | 'id-taken' {
  const { idempotencyKey: key, requester, frozen } = submission;
  const { setting } = ports;
  const earlier = key === null ? undefined : view.byKey(requester, key);
  if (earlier !== undefined) {
    const same = earlier.frozen.digest === frozen.digest;
    return { kind: same ? 'repeated' : 'key-reused', approval: earlier };
  }
  if (view.get(id) !== undefined) return 'id-taken';
  const now = ports.clock.now();
  const { claimWithinMs } = setting.rules;
  const judgement = ports.judge(frozen, requester, liveGrants(view, now), submission.reason);
  const approval = newApproval(id, submission, judgement, view.lockdown(), now, {
    claimWithinMs,
    expireAfterMs: submission.expireAfterMs ?? setting.expireAfterMs,
  });
  insert(view, approval, now, setting);
  // In a lockdown no rule has decided anything.
  if (view.lockdown() === null) for (const key of judgement.used) view.countUse(key, now);
  if (approval.state === 'approved') spendGrants(view, judgement, now, claimWithinMs);
  if (submission.stdin !== null && frozen.action.stdinDigest !== null) {
    view.keepInput(frozen.action.stdinDigest, submission.stdin);
  }
  return { kind: 'new', approval };
}

function newApproval(
  id: string,
  submission: Submission,
  judgement: Judgement,
  lockdown: Lockdown | null,
  now: number,
  times: { claimWithinMs: number; expireAfterMs: number },
): Approval {
  const effect = lockdown === null ? judgement.effect : 'deny';
  const lockdownReason = lockdown === null ? null : lockdownText(lockdown);
  const decided = (kind: 'allowed' | 'denied') => ({
    kind,
    actor: lockdown === null ? POLICY_ACTOR : lockdown.actor,
    atMs: now,
    reason: lockdownReason ?? judgement.reasons[0] ?? null,
    via: null,
  });
  return {
    id,
    frozen: submission.frozen,
    requester: submission.requester,
    requestReason: submission.reason,
    origin: submission.origin,
    idempotencyKey: submission.idempotencyKey,
    judgement,
    state: effect === 'allow' ? 'approved' : effect === 'deny' ? 'denied' : 'pending',
    version: 1,
    createdAt: now,
    expiresAt: now + (effect === 'allow' ? times.claimWithinMs : times.expireAfterMs),
    votesNeeded: judgement.approvals,
    votes: [],
    decision: effect === 'ask' ? null : decided(effect === 'allow' ? 'allowed' : 'denied'),
    worker: null,
    startedAt: null,
    leaseUntil: null,
    finishedAt: effect === 'deny' ? now : null,
    outcome: null,
  };
}

/** Why nothing is approved now, in one line. */
export function lockdownText(lockdown: Lockdown): string {
  const since = new Date(lockdown.atMs).toISOString();
  const why = lockdown.reason === null ? '' : ` (${lockdown.reason})`;
  return `lockdown by ${lockdown.actor} since ${since}${why}`;
}
