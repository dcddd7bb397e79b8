// Group commit: operations that arrive while a transaction is under way share the next one. Each
// sees what those before it did; one that throws fails alone. After the commit, and only then, the
// transitions are handed on.
import type { AuditDraft } from '../audit/chain.ts';
import type { Approval, OutputChunk } from '../bus/approval.ts';
import type { Identity } from '../bus/messages.ts';
import {
  idempotencyIndex,
  type Ledger,
  LedgerConflict,
  type Lockdown,
  type OutboxWish,
  type Reads,
  type Snapshot,
  type Writes,
} from './ledger.ts';
import type { FollowUp } from './machine.ts';
import { assertStorable } from './storable.ts';

/** One committed change of one approval. */
export interface Transition {
  readonly after: Approval;
  readonly followUps: readonly FollowUp[];
  readonly inserted: boolean;
}

export interface Operation<T> {
  readonly reads: Reads;
  /** Pure over the view; may run again when another process was faster. */
  run(view: View): T;
}

const LARGEST_BATCH = 128;
const CONFLICT_ATTEMPTS = 20;

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Answer = { ok: true; value: unknown } | { ok: false; error: unknown };

export class Committer {
  readonly #ledger: Ledger;
  readonly #committed: (transitions: readonly Transition[]) => void;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(ledger: Ledger, committed: (transitions: readonly Transition[]) => void) {
    this.#ledger = ledger;
    this.#committed = committed;
  }

  /** Resolves with the operation's answer once its transaction is durable. */
  commit<T>(operation: Operation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        operation,
        resolve: resolve as (answer: unknown) => void,
        reject,
      });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    // One turn of the event loop lets requests that arrived together share the transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, LARGEST_BATCH);
      try {
        const { answers, transitions } = await this.#transact(batch);
        this.#committed(transitions);
        batch.forEach((waiting, index) => {
          const answer = answers[index];
          if (answer?.ok === true) waiting.resolve(answer.value);
          else waiting.reject(answer?.error);
        });
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#busy = false;
  }

  async #transact(batch: readonly Waiting[]) {
    const reads: Reads = {
      ids: [...new Set(batch.flatMap(({ operation }) => operation.reads.ids))],
      keys: batch.flatMap(({ operation }) => operation.reads.keys),
      released: batch.some(({ operation }) => operation.reads.released === true),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#ledger.transact(reads, (snapshot) => planBatch(batch, snapshot));
      } catch (error) {
        if (!(error instanceof LedgerConflict) || attempt >= CONFLICT_ATTEMPTS) throw error;
      }
    }
  }
}

// An operation that throws is left out and the others planned anew, as if it had never come.
function planBatch(batch: readonly Waiting[], snapshot: Snapshot) {
  const failed = new Map<Waiting, unknown>();
  for (;;) {
    const view = new View(snapshot);
    const answers: Answer[] = [];
    let current: Waiting | undefined;
    try {
      for (current of batch) {
        answers.push(
          failed.has(current)
            ? { ok: false, error: failed.get(current) }
            : { ok: true, value: current.operation.run(view) },
        );
      }
      return { writes: view.writes(), answer: { answers, transitions: view.transitions } };
    } catch (error) {
      if (current === undefined) throw error;
      failed.set(current, error);
    }
  }
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
  #lockdown: Lockdown | null | undefined;
  readonly transitions: Transition[] = [];

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
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
    };
  }
}
