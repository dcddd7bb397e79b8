// The interlock's view of the store, as a port: one transaction reads, plans and writes, all or
// nothing. The store implements it for real; the simulation in memory, with crashes in between.
import type { AuditDraft } from '../audit/chain.ts';
import type { Approval, ApprovalState, OutputChunk } from '../bus/approval.ts';
import type { Grant } from '../bus/grant.ts';
import type { Identity } from '../bus/messages.ts';
import type { OutboxItem } from '../bus/outbox.ts';
import type { ChangeRecord } from './policy-log.ts';

/** While it is in force nothing is approved and nothing runs. */
export interface Lockdown {
  readonly actor: Identity;
  readonly atMs: number;
  readonly reason: string | null;
}

/** What a plan needs to see. */
export interface Reads {
  readonly ids: readonly string[];
  /** Idempotency keys, each within its requester. */
  readonly keys: readonly { readonly requester: Identity; readonly key: string }[];
  /** Whether every approval that is released and not yet taken is wanted too. */
  readonly released?: boolean;
  /** Policy changes that are wanted, by their numbers. */
  readonly changes?: readonly number[];
}

export interface Snapshot {
  readonly approvals: ReadonlyMap<string, Approval>;
  /** By `idempotencyIndex(requester, key)`. */
  readonly byKey: ReadonlyMap<string, Approval>;
  /** Why an approval cannot be used although it is there, by id and by idempotency index. */
  readonly damaged?: ReadonlyMap<string, Error>;
  readonly lockdown: Lockdown | null;
  /** Every grant that is kept: those that are live, used up ones that may still be claimed by. */
  readonly grants: GrantsKept;
  readonly changes?: ReadonlyMap<number, ChangeRecord>;
}

/** The grants as the store has them. */
export interface GrantsKept {
  /** The number of the newest grant there ever was: none is given twice. */
  readonly lastNumber: number;
  readonly kept: readonly Grant[];
}

/** How often a rule decided, and when last. */
export interface RuleUse {
  readonly uses: number;
  readonly lastAt: number;
}

export function idempotencyIndex(requester: Identity, key: string): string {
  return JSON.stringify([requester, key]);
}

/** A message that must reach a chat; a later wish with the same key replaces an undelivered one. */
export interface OutboxWish {
  readonly key: string;
  readonly platform: string;
  readonly chat: string;
  readonly item: OutboxItem;
  readonly atMs: number;
}

export interface Writes {
  readonly inserted: readonly Approval[];
  /** `expectedVersion` is compared, then the whole row is set. */
  readonly updated: readonly { readonly expectedVersion: number; readonly after: Approval }[];
  readonly inputs: readonly { readonly digest: string; readonly bytes: Uint8Array }[];
  readonly outputs: readonly {
    readonly approvalId: string;
    readonly chunks: readonly OutputChunk[];
  }[];
  readonly audit: readonly AuditDraft[];
  readonly outbox: readonly OutboxWish[];
  /** Undefined: as it is. */
  readonly lockdown: Lockdown | null | undefined;
  /** Undefined: as they are. `put` are new or used, `drop` have ended. */
  readonly grants:
    | {
        readonly lastNumber: number;
        readonly put: readonly Grant[];
        readonly drop: readonly string[];
      }
    | undefined;
  /** Added to what is counted of each rule, by its key. */
  readonly ruleUses: ReadonlyMap<string, RuleUse>;
  readonly policyChanges: readonly Pick<ChangeRecord, 'at' | 'actor' | 'change'>[];
  /** Policy changes that are undone with this. */
  readonly undone: readonly { readonly seq: number; readonly atMs: number }[];
}

/** Somebody else changed what the plan had read; the transaction left nothing behind. */
export class LedgerConflict extends Error {
  override readonly name = 'LedgerConflict';
}

/** Which approvals to list, newest first. */
export interface ListQuery {
  readonly states: readonly ApprovalState[] | null;
  readonly requester: Identity | null;
  readonly limit: number;
}

export interface Ledger {
  /**
   * One transaction. `plan` is pure and may be called again after a LedgerConflict; every writer
   * takes the record's head first, so plans of all processes run one after the other.
   */
  transact<T>(
    reads: Reads,
    plan: (snapshot: Snapshot) => { readonly writes: Writes; readonly answer: T },
  ): Promise<T>;
  get(id: string): Promise<Approval | null>;
  /**
   * Ids (with their states) that begin with this, at most `limit`: what is pending first, so that a
   * long history cannot hide that there are two of them, then the newest.
   */
  findByPrefix(prefix: string, limit: number): Promise<readonly { id: string; state: string }[]>;
  list(query: ListQuery): Promise<readonly Approval[]>;
  /** Every approval that is pending, approved or running, with its deadlines. */
  live(): Promise<readonly LiveApproval[]>;
  input(digest: string): Promise<Uint8Array | null>;
  output(id: string): Promise<readonly OutputChunk[]>;
  lockdown(): Promise<Lockdown | null>;
  /** Every grant that is kept, the oldest first. */
  grants(): Promise<readonly Grant[]>;
  ruleUses(): Promise<ReadonlyMap<string, RuleUse>>;
  /** The newest policy change that was not undone. */
  lastChange(): Promise<ChangeRecord | null>;
}

export interface LiveApproval {
  readonly id: string;
  readonly state: 'pending' | 'approved' | 'running';
  readonly expiresAt: number;
  readonly leaseUntil: number | null;
  readonly worker: string | null;
}
