// Gathers what is asked for while one request is under way into the next one: a burst of
// single wishes costs a few round trips instead of one each, and a lone wish waits for nothing.

/** Runs `work` with everything pushed since it last began, never twice at a time. */
export class Batches<Item> {
  readonly #work: (items: readonly Item[]) => Promise<void>;
  readonly #limit: number;
  #waiting: { items: readonly Item[]; resolve: () => void; reject: (why: unknown) => void }[] = [];
  #running = false;

  constructor(limit: number, work: (items: readonly Item[]) => Promise<void>) {
    this.#limit = limit;
    this.#work = work;
  }

  /** Resolves when these items have been worked on; rejects with the failure of their batch. */
  push(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      try {
        await this.#work(batch.flatMap((each) => each.items));
        for (const each of batch) each.resolve();
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
    }
    this.#running = false;
  }

  #take() {
    let size = 0;
    let count = 0;
    for (const each of this.#waiting) {
      size += each.items.length;
      if (count > 0 && size > this.#limit) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
