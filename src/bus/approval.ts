// The approval as every folder knows it. The interlock alone changes one; the store keeps it, the
// gateway and the chat commands show it, workers claim it.
import { z } from 'zod';
import type { FrozenAction } from './action.ts';
import type { CardRef, ChatAddress, Identity, Judgement } from './messages.ts';

export const ApprovalState = z.enum([
  'pending',
  'approved',
  'running',
  'succeeded',
  'failed',
  'unknown',
  'rejected',
  'expired',
  'cancelled',
  'revoked',
  'denied',
]);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** States that nothing leaves any more. */
export const FINAL_STATES: ReadonlySet<ApprovalState> = new Set<ApprovalState>([
  'succeeded',
  'failed',
  'unknown',
  'rejected',
  'expired',
  'cancelled',
  'revoked',
  'denied',
]);

/** One approver's yes. */
export interface Vote {
  readonly actor: Identity;
  readonly atMs: number;
}

/** A message in a chat that asked or decided: answers go there. */
export interface Origin extends ChatAddress {
  readonly ref: CardRef | null;
}

/** How an approval left `pending` (or, revoked and expired, `approved`): who won, and when. */
export interface Decision {
  readonly kind:
    | 'approved'
    | 'allowed'
    | 'denied'
    | 'rejected'
    | 'expired'
    | 'cancelled'
    | 'revoked';
  /** The approver, the requester (cancel), or `countersign:policy` / `countersign:clock`. */
  readonly actor: Identity;
  readonly atMs: number;
  readonly reason: string | null;
  /** The chat message that decided: the result is told there. */
  readonly via: Origin | null;
}

/** What happened when it ran. */
export interface Outcome {
  /** As a shell reports it, 128 + n for signal n; null where nobody knows. */
  readonly exitCode: number | null;
  /** One line for people: `exit code 7`, `stopped after 300 s`, `the worker was lost`. */
  readonly detail: string;
  readonly durationMs: number | null;
  /** Bytes that were cut out of the kept output. */
  readonly omittedBytes: number;
  /** Limits that the machine could not enforce, in words. */
  readonly unenforced: readonly string[];
}

/** One case. Times are milliseconds since the epoch. */
export interface Approval {
  readonly id: string;
  readonly frozen: FrozenAction;
  readonly requester: Identity;
  readonly requestReason: string | null;
  readonly origin: Origin | null;
  readonly idempotencyKey: string | null;
  readonly judgement: Judgement;
  readonly state: ApprovalState;
  /** Counts transitions. */
  readonly version: number;
  readonly createdAt: number;
  /** While pending: when it lapses. Once approved: until when it must be claimed. */
  readonly expiresAt: number;
  readonly votesNeeded: number;
  readonly votes: readonly Vote[];
  readonly decision: Decision | null;
  readonly worker: string | null;
  readonly startedAt: number | null;
  readonly leaseUntil: number | null;
  readonly finishedAt: number | null;
  readonly outcome: Outcome | null;
}

/** A piece of output as kept and streamed; `notice` is Countersign's own word between the two. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr' | 'notice';
  readonly base64: string;
}

export type ClaimAnswer =
  | {
      readonly claimed: true;
      readonly frozen: FrozenAction;
      readonly stdin: Uint8Array | null;
      /** Beat at least this often, or the run is taken for lost. */
      readonly heartbeatMs: number;
    }
  | { readonly claimed: false; readonly why: string };

/** All that a worker may ask of the control plane: in process now, over HTTPS when it is remote. */
export interface Claims {
  /** Compare-and-set approved -> running. At most one caller ever gets `claimed: true`. */
  claim(id: string, worker: string): Promise<ClaimAnswer>;
  /** Output as it comes, in order. Only for watchers; what is kept comes with `finish`. */
  progress(id: string, worker: string, chunk: OutputChunk): void;
  /** False when the run is no longer this worker's: stop it, nobody takes its outcome. */
  heartbeat(id: string, worker: string): Promise<boolean>;
  /**
   * Calls `stop` when the requester wants the run to end, at once where that was before; its
   * outcome is still awaited. The returned function ends the watch.
   */
  onStop(id: string, stop: () => void): () => void;
  finish(id: string, worker: string, outcome: Outcome, kept: readonly OutputChunk[]): Promise<void>;
}
