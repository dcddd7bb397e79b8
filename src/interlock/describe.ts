// Plain sentences about approvals, the same in every chat, on the command line and over HTTP.
import type { Approval } from '../bus/approval.ts';
import { type Decided, lockdownText } from './interlock.ts';

/** A moment for people: `2026-11-20 20:31 UTC`. */
export function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** How an approval stands, in one line without its id. */
export function standing(approval: Approval): string {
  const { decision, outcome, votes, votesNeeded } = approval;
  switch (approval.state) {
    case 'pending': {
      const have = votesNeeded > 1 ? ` (${votes.length} of ${votesNeeded} approvals)` : '';
      return `waits for approval until ${moment(approval.expiresAt)}${have}`;
    }
    case 'approved':
      return `${decided(approval)}; waits for a worker`;
    case 'running':
      return `${decided(approval)}; running`;
    case 'succeeded':
    case 'failed':
      return `${decided(approval)}; ${approval.state}: ${outcome?.detail ?? ''}`;
    case 'unknown':
      return `${decided(approval)}; outcome unknown: ${outcome?.detail ?? ''}`;
    case 'denied':
      return `denied by policy: ${decision?.reason ?? ''}`;
    default:
      return decided(approval);
  }
}

/** Who decided what, when and why. */
export function decided(approval: Approval): string {
  const { decision } = approval;
  if (decision === null) return 'not decided';
  const why = decision.reason === null ? '' : `: ${decision.reason}`;
  if (decision.kind === 'allowed') return `allowed by policy${why}`;
  if (decision.kind === 'denied') return `denied by policy${why}`;
  const verb = decision.kind === 'expired' ? 'expired' : `${decision.kind} by ${decision.actor}`;
  return `${verb} at ${moment(decision.atMs)}${why}`;
}

/** The answer to somebody who decided (or tried to). */
export function describeDecided(answer: Decided, verdict: 'approve' | 'reject' | 'cancel'): string {
  if (answer.kind === 'not-found') return 'There is no such approval.';
  const { approval } = answer;
  const who = `It was asked by ${approval.requester}; digest ${approval.frozen.digest.slice(0, 12)}.`;
  switch (answer.kind) {
    case 'decided':
      return `${approval.id} is ${decided(approval)}. ${who}`;
    case 'voted':
      return `Your approval of ${approval.id} counts: ${approval.votes.length} of ${approval.votesNeeded}. ${who}`;
    case 'expired':
      return `${approval.id} had expired: ${approval.decision?.reason ?? ''}. Nothing runs; it must be asked for anew.`;
    case 'lockdown':
      return `${approval.id} stays pending: ${lockdownText(answer.lockdown)}. An owner lifts it with !unlock.`;
    case 'refused':
      return describeRefusal(answer.refusal, approval, verdict);
  }
}

function describeRefusal(
  refusal: Extract<Decided, { kind: 'refused' }>['refusal'],
  approval: Approval,
  verdict: 'approve' | 'reject' | 'cancel',
): string {
  switch (refusal) {
    case 'repeated':
      return approval.state === 'pending'
        ? `You have approved ${approval.id} already; ${approval.votes.length} of ${approval.votesNeeded} approvals.`
        : `${approval.id} was already ${decided(approval)}. Nothing changed.`;
    case 'decided':
      return `Too late to ${verdict}: ${approval.id} was ${decided(approval)}. Nothing changed.`;
    case 'own-action':
      return `You asked for ${approval.id} yourself: somebody else must approve it.`;
    case 'not-yours':
      return `Only ${approval.requester} can cancel ${approval.id}.`;
    case 'not-held':
    case 'not-now':
      return `${approval.id} is ${approval.state}: that means nothing now.`;
  }
}
