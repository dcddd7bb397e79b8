// One at a time, in the order of asking: PGlite is one session, and whoever began a transaction
// has it alone until the end.

interface Waiting {
  readonly start: (turn: Turn) => void;
  readonly cancel: () => void;
}

/** The right to use the session; giving it back twice does no harm. */
export interface Turn {
  release(): void;
}

export class Turns {
  readonly #timeoutMs: number;
  readonly #waiting: Waiting[] = [];
  #busy = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Calls back with the turn, or with null when it did not come in time. */
  take(done: (turn: Turn | null) => void): void {
    if (!this.#busy) {
      this.#busy = true;
      done(this.#turn());
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      done(null);
    }, this.#timeoutMs);
    const waiting: Waiting = { start: done, cancel: () => clearTimeout(timer) };
    this.#waiting.push(waiting);
  }

  #turn(): Turn {
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        const next = this.#waiting.shift();
        if (next === undefined) {
          this.#busy = false;
          return;
        }
        next.cancel();
        next.start(this.#turn());
      },
    };
  }
}
