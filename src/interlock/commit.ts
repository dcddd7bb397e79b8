// Group commit: operations that arrive while a transaction is under way share the next one. Each
// sees what those before it did; one that throws fails alone. After the commit, and only then, the
// transitions are handed on.
import { type Ledger, LedgerConflict, type Reads, type Snapshot } from './ledger.ts';
import { type Transition, View } from './view.ts';

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
      changes: batch.flatMap(({ operation }) => operation.reads.changes ?? []),
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
