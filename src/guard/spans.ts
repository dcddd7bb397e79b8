// Parts of a text, merged, and whether an offset is in one of them.

export type Span = readonly [at: number, end: number];

/** A set of spans; asked in any order, answered in logarithmic time. */
export class Spans {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(spans: readonly Span[]) {
    for (const [at, end] of [...spans].sort(([a], [b]) => a - b)) {
      const last = this.#ends.length - 1;
      const before = this.#ends[last] ?? -1;
      if (at <= before) this.#ends[last] = Math.max(before, end);
      else {
        this.#starts.push(at);
        this.#ends.push(end);
      }
    }
  }

  has(at: number): boolean {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low > 0 && at < (this.#ends[low - 1] ?? 0);
  }
}
