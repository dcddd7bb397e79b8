// The store as the operations of one transaction see it: what was read, what those before have
// changed of it, and all that is to be written. It decides nothing and keeps nothing.
import type { AuditDraft } from '../audit/chain.ts';
import type { Approval, OutputChunk } from '../bus/approval.ts';
import type { Grant } from '../bus/grant.ts';
import type { Identity } from '../bus/messages.ts';
import {
  idempotencyIndex,
  type Lockdown,
  type OutboxWish,
  type RuleUse,
  type Snapshot,
  type Writes,
} from './ledger.ts';
import type { FollowUp } from './machine.ts';
import type { ChangeRecord } from './policy-log.ts';
import { assertStorable } from './storable.ts';

/** One committed change of one approval. */
export interface Transition {
  readonly after: Approval;
  readonly followUps: readonly FollowUp[];
  readonly inserted: boolean;
}

/** The store as the operations of one batch see it, and what they want written. */
export class View {
  readonly #snapshot: Snapshot;
  readonly #approvals = new Map<string, Approval>();
  readonly #byKey = new Map<string, Approval>();
  readonly #inserted = new Set<string>();
  readonly #inputs: Writes['inputs'][number][] = [];
  readonly #outputs: Writes['outputs'][number][] = [];
  readonly #audit: AuditDraft[] = [];
  readonly #outbox = new Map<string, OutboxWish>();
  readonly #ruleUses = new Map<string, RuleUse>();
  readonly #policyChanges: Writes['policyChanges'][number][] = [];
  readonly #undone = new Map<number, { readonly seq: number; readonly atMs: number }>();
  readonly #put = new Map<string, Grant>();
  readonly #drop = new Set<string>();
  #lastGrant: number;
  /** As they are by now; null until somebody asks. There may be many, and many who ask. */
  #grants: readonly Grant[] | null = null;
  #lockdown: Lockdown | null | undefined;
  readonly transitions: Transition[] = [];

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#lastGrant = snapshot.grants.lastNumber;
  }

  /** Throws for one that is there and was changed behind our back. */
  get(id: string): Approval | undefined {
    const damage = this.#snapshot.damaged?.get(id);
    if (damage !== undefined) throw damage;
    return this.#approvals.get(id) ?? this.#snapshot.approvals.get(id);
  }

  byKey(requester: Identity, key: string): Approval | undefined {
    const index = idempotencyIndex(requester, key);
    const damage = this.#snapshot.damaged?.get(index);
    if (damage !== undefined) throw damage;
    const id = (this.#byKey.get(index) ?? this.#snapshot.byKey.get(index))?.id;
    // As it is by now: an operation before this one may have changed it.
    return id === undefined ? undefined : this.get(id);
  }

  /** What is released and not yet taken; whole only for an operation that reads `released`. */
  released(): readonly Approval[] {
    const ids = new Set([...this.#snapshot.approvals.keys(), ...this.#approvals.keys()]);
    return [...ids].flatMap((id) => {
      const approval = this.get(id);
      return approval?.state === 'approved' ? [approval] : [];
    });
  }

  lockdown(): Lockdown | null {
    return this.#lockdown === undefined ? this.#snapshot.lockdown : this.#lockdown;
  }

  setLockdown(lockdown: Lockdown | null): void {
    this.#lockdown = lockdown;
  }

  /** Every grant that is kept, ended or not, as those before left them; the oldest first. */
  grants(): readonly Grant[] {
    this.#grants ??= this.#keptGrants();
    return this.#grants;
  }

  #keptGrants(): readonly Grant[] {
    const { kept } = this.#snapshot.grants;
    if (this.#put.size + this.#drop.size === 0) return kept;
    const before = kept.filter(({ id }) => !this.#drop.has(id));
    const known = new Set(before.map(({ id }) => id));
    const made = [...this.#put.values()].filter(({ id }) => !known.has(id));
    return [...before.map((grant) => this.#put.get(grant.id) ?? grant), ...made];
  }

  /** The id of a new grant. */
  newGrantId(): string {
    this.#lastGrant += 1;
    return `g${this.#lastGrant}`;
  }

  putGrant(grant: Grant): void {
    assertStorable(grant);
    this.#drop.delete(grant.id);
    this.#put.set(grant.id, grant);
    this.#grants = null;
  }

  dropGrant(id: string): void {
    this.#put.delete(id);
    this.#drop.add(id);
    this.#grants = null;
  }

  countUse(key: string, atMs: number): void {
    const { uses, lastAt } = this.#ruleUses.get(key) ?? { uses: 0, lastAt: atMs };
    this.#ruleUses.set(key, { uses: uses + 1, lastAt: Math.max(lastAt, atMs) });
  }

  /** A policy change that the operation reads, by its number, as those before left it. */
  change(seq: number): ChangeRecord | undefined {
    const kept = this.#snapshot.changes?.get(seq);
    const undone = this.#undone.get(seq);
    return kept === undefined || undone === undefined ? kept : { ...kept, undoneAt: undone.atMs };
  }

  logChange(change: Writes['policyChanges'][number]): void {
    assertStorable(change);
    this.#policyChanges.push(change);
  }

  undo({ seq }: ChangeRecord, atMs: number): void {
    this.#undone.set(seq, { seq, atMs });
  }

  insert(approval: Approval, followUps: readonly FollowUp[]): void {
    assertStorable(approval.idempotencyKey);
    this.#approvals.set(approval.id, approval);
    this.#inserted.add(approval.id);
    if (approval.idempotencyKey !== null) {
      this.#byKey.set(idempotencyIndex(approval.requester, approval.idempotencyKey), approval);
    }
    this.transitions.push({ after: approval, followUps, inserted: true });
  }

  update(after: Approval, followUps: readonly FollowUp[]): void {
    this.#approvals.set(after.id, after);
    this.transitions.push({ after, followUps, inserted: false });
  }

  keepInput(digest: string, bytes: Uint8Array): void {
    this.#inputs.push({ digest, bytes });
  }

  keepOutput(approvalId: string, chunks: readonly OutputChunk[]): void {
    this.#outputs.push({ approvalId, chunks });
  }

  /** Every change but a heartbeat comes through here with all that is new in it. */
  record(draft: AuditDraft): void {
    assertStorable(draft);
    this.#audit.push(draft);
  }

  send(wish: OutboxWish): void {
    assertStorable(wish);
    this.#outbox.set(wish.key, wish);
  }

  writes(): Writes {
    const inserted: Approval[] = [];
    const updated: Writes['updated'][number][] = [];
    for (const [id, after] of this.#approvals) {
      const before = this.#snapshot.approvals.get(id);
      if (this.#inserted.has(id)) inserted.push(after);
      else if (before !== undefined) updated.push({ expectedVersion: before.version, after });
    }
    return {
      inserted,
      updated,
      inputs: this.#inputs,
      outputs: this.#outputs,
      audit: this.#audit,
      outbox: [...this.#outbox.values()],
      lockdown: this.#lockdown,
      grants:
        this.#put.size + this.#drop.size === 0
          ? undefined
          : { lastNumber: this.#lastGrant, put: [...this.#put.values()], drop: [...this.#drop] },
      ruleUses: this.#ruleUses,
      policyChanges: this.#policyChanges,
      undone: [...this.#undone.values()],
    };
  }
}
