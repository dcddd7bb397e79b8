// Who waits for an approval to change, or follows its output, in this process. Nothing here is
// truth: a watcher that is told reads the store.
import type { OutputChunk } from '../bus/approval.ts';
import type { Clock } from '../bus/clock.ts';

type Listener = () => void;

/** Output of a running action as far as it came, kept while it runs for those who join late. */
interface LiveOutput {
  readonly chunks: OutputChunk[];
}

export class Changes {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #live = new Map<string, LiveOutput>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes everybody who waits for this approval. */
  announce(id: string): void {
    const listeners = this.#listeners.get(id);
    if (listeners === undefined) return;
    this.#listeners.delete(id);
    for (const listener of listeners) listener();
  }

  /**
   * Resolves at the next change, after `withinMs` or on abort, whichever is first. Take it before
   * reading the state, or a change in between is missed.
   */
  next(id: string, withinMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(id) ?? new Set();
      this.#listeners.set(id, listeners);
      const finish = () => {
        cancelTimer();
        signal?.removeEventListener('abort', finish);
        listeners.delete(finish);
        if (listeners.size === 0 && this.#listeners.get(id) === listeners) {
          this.#listeners.delete(id);
        }
        resolve();
      };
      const cancelTimer = this.#clock.after(withinMs, finish);
      listeners.add(finish);
      if (signal?.aborted === true) finish();
      else signal?.addEventListener('abort', finish, { once: true });
    });
  }

  addOutput(id: string, chunk: OutputChunk): void {
    const live = this.#live.get(id) ?? { chunks: [] };
    live.chunks.push(chunk);
    this.#live.set(id, live);
    this.announce(id);
  }

  liveOutput(id: string): readonly OutputChunk[] {
    return this.#live.get(id)?.chunks ?? [];
  }

  /** The run has ended: what it said is in the store now. */
  forgetOutput(id: string): void {
    this.#live.delete(id);
  }
}
