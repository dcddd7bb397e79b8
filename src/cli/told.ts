// What the command line tells of an approval, in plain sentences. Text from outside is made visible
// here, so that no command can paint the terminal.

import type { ApprovalForm } from '../gateway/forms.ts';
import { visible } from '../guard/visible.ts';

/** Text from outside as one safe line. */
export function safe(text: string): string {
  return visible(text);
}

/** `20:31`, or `2026-11-21 08:15` where that is not today. In the time zone of the machine. */
export function localTime(iso: string, nowMs: number): string {
  const time = new Date(iso);
  const today = new Date(nowMs);
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (time.toDateString() === today.toDateString()) return clock;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `25 s`, `30 min`, `5 h`, `3 days`: one unit, for people. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** The two lines of somebody who waits: for whom, until when, how to answer. */
export function waitingLines(approval: ApprovalForm, nowMs: number): string {
  const { id, asked, expires_at: expiresAt, votes_needed: needed } = approval;
  const whom =
    asked.length === 0
      ? 'somebody with an approver token (the configuration lists no approvers)'
      : asked.map(safe).join(', ');
  const two = needed > 1 ? ` (${needed} approvals are needed)` : '';
  const until = `until ${localTime(expiresAt, nowMs)}, ${roughly(Date.parse(expiresAt) - nowMs)} left`;
  return (
    `${id} waits for approval by ${whom}${two} ${until}.\n` +
    `Answer there, or with \`countersign approve ${id}\`. Ctrl-C takes it back.\n`
  );
}

/** One line when the state changes while somebody waits; null where there is nothing to tell. */
export function progressLine(before: ApprovalForm, now: ApprovalForm): string | null {
  if (now.state === 'pending' && now.votes.length > before.votes.length) {
    return `${now.votes.length} of ${now.votes_needed} approvals.`;
  }
  if (before.state !== 'pending' || now.decision?.kind !== 'approved') return null;
  return `Approved by ${safe(now.decision.actor)}.`;
}

/** How it ended, where that is more than an exit code; null for an ordinary end. */
export function endLine(approval: ApprovalForm): string | null {
  const { id, state, decision, outcome } = approval;
  const reason = decision?.reason ?? null;
  const why = reason === null ? '' : `: ${safe(reason)}`;
  const actor = safe(decision?.actor ?? 'somebody');
  switch (state) {
    case 'succeeded':
    case 'failed': {
      const detail = outcome?.detail ?? 'no detail is known';
      return /^exit code \d+$/.test(detail) ? null : `${id} ${state}: ${safe(detail)}.`;
    }
    case 'unknown':
      return (
        `WARNING: nobody knows how ${id} ended: ${safe(outcome?.detail ?? 'it was lost')}. ` +
        'It may have run, in part or whole, and is not tried again: look before you repeat it.'
      );
    case 'rejected':
      return `${id} was rejected by ${actor}${why}. Nothing ran.`;
    case 'denied':
      return `${id} was denied by policy${why}. Nothing ran.`;
    case 'cancelled':
      return `${id} was cancelled${why}. Nothing ran.`;
    case 'revoked':
      return `${id} was revoked by ${actor}${why}. Nothing ran.`;
    case 'expired':
      return `${id} expired${why}. Nothing ran; ask again if it is still needed.`;
    default:
      return `${id}: ${safe(approval.standing)}.`;
  }
}

/** One line of our own layout with text from outside in it: its indentation is kept. */
export function indented(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return indent + safe(line.slice(indent.length));
}
