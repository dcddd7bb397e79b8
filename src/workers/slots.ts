// The worker's places: numbers from 0, each held by at most one run.

/** Gives out the lowest free number; whoever finds none waits in line. */
export class Slots {
  readonly #free: number[];
  readonly #line: ((slot: number) => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, slot) => slot);
  }

  async take(): Promise<number> {
    const slot = this.#free.shift();
    if (slot !== undefined) return slot;
    return new Promise<number>((resolve) => {
      this.#line.push(resolve);
    });
  }

  give(slot: number): void {
    const next = this.#line.shift();
    if (next !== undefined) {
      next(slot);
      return;
    }
    this.#free.push(slot);
    this.#free.sort((a, b) => a - b);
  }
}
