// The JSON forms of the API: what a client reads of an approval, and how errors look.
import type { Approval } from '../bus/approval.ts';
import { commandText } from '../bus/command-text.ts';
import type { GuardFinding, Identity } from '../bus/messages.ts';
import { standing } from '../interlock/describe.ts';

/** An approval as JSON. Times are ISO 8601 in UTC, durations milliseconds. */
export interface ApprovalForm {
  readonly id: string;
  readonly digest: string;
  readonly state: string;
  readonly version: number;
  readonly effect: string;
  /** One line: how it stands. */
  readonly standing: string;
  /** The command as people read it; `action` is what runs. */
  readonly command: string;
  readonly action: unknown;
  readonly workspace: string;
  readonly requester: Identity;
  readonly reason: string | null;
  readonly created_at: string;
  readonly expires_at: string;
  readonly votes_needed: number;
  readonly votes: readonly { readonly actor: Identity; readonly at: string }[];
  /** Who can answer, while it waits. */
  readonly asked: readonly Identity[];
  readonly reasons: readonly string[];
  readonly understood: boolean;
  /** What the guard found in it. */
  readonly findings: readonly GuardFinding[];
  readonly decision: {
    readonly kind: string;
    readonly actor: Identity;
    readonly at: string;
    readonly reason: string | null;
  } | null;
  readonly worker: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly outcome: {
    readonly exit_code: number | null;
    readonly detail: string;
    readonly duration_ms: number | null;
    readonly omitted_bytes: number;
    readonly unenforced: readonly string[];
  } | null;
}

export function approvalForm(approval: Approval, approvers: readonly Identity[]): ApprovalForm {
  const { frozen, judgement, decision, outcome } = approval;
  return {
    id: approval.id,
    digest: frozen.digest,
    state: approval.state,
    version: approval.version,
    effect: judgement.effect,
    standing: standing(approval),
    command: commandText(frozen.action),
    action: frozen.action,
    workspace: frozen.action.cwd,
    requester: approval.requester,
    reason: approval.requestReason,
    created_at: iso(approval.createdAt),
    expires_at: iso(approval.expiresAt),
    votes_needed: approval.votesNeeded,
    votes: approval.votes.map(({ actor, atMs }) => ({ actor, at: iso(atMs) })),
    asked: approval.state === 'pending' ? approvers : [],
    reasons: judgement.reasons,
    understood: judgement.understood,
    findings: judgement.findings,
    decision:
      decision === null
        ? null
        : {
            kind: decision.kind,
            actor: decision.actor,
            at: iso(decision.atMs),
            reason: decision.reason,
          },
    worker: approval.worker,
    started_at: approval.startedAt === null ? null : iso(approval.startedAt),
    finished_at: approval.finishedAt === null ? null : iso(approval.finishedAt),
    outcome:
      outcome === null
        ? null
        : {
            exit_code: outcome.exitCode,
            detail: outcome.detail,
            duration_ms: outcome.durationMs,
            omitted_bytes: outcome.omittedBytes,
            unenforced: outcome.unenforced,
          },
  };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Every error of the API looks like this; `code` is for programs, `message` says what to do. */
export interface ErrorForm {
  readonly error: { readonly code: string; readonly message: string };
}

export function errorForm(code: string, message: string): ErrorForm {
  return { error: { code, message } };
}

/** One line of `GET /v1/actions/:id/events` (NDJSON). The last one is `end`. */
export type EventForm =
  | { readonly type: 'state'; readonly approval: ApprovalForm }
  | { readonly type: 'output'; readonly stream: string; readonly base64: string }
  | { readonly type: 'end'; readonly approval: ApprovalForm };
