// Decides what happens next. Every call to the ledger or the queue waits here, in pieces, until the
// seed picks it; a process that crashes takes its waiting pieces with it. Time moves only on
// demand.
import type { Clock } from '../../src/bus/clock.ts';
import type { Prng } from './prng.ts';

/** One life of one process. What it had started and not finished dies with it. */
export interface Life {
  readonly name: string;
  alive: boolean;
}

interface Effect {
  readonly owner: Life;
  readonly label: string;
  readonly run: () => void;
}

interface Timer extends Effect {
  readonly dueMonotonicMs: number;
}

export class Scheduler {
  readonly #prng: Prng;
  readonly trace: string[] = [];
  #effects: Effect[] = [];
  #timers: Timer[] = [];
  #monotonicMs = 0;
  // Wall clocks are set, timers are not: a jump moves this alone.
  #wallOffsetMs = 1_700_000_000_000;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  note(line: string): void {
    this.trace.push(line);
  }

  /** Resolves when the seed lets it go on; never, when its process is dead by then. */
  turn(owner: Life, label: string): Promise<void> {
    return new Promise((resolve) => {
      if (owner.alive) this.#effects.push({ owner, label, run: resolve });
    });
  }

  get waiting(): number {
    return this.#effects.length;
  }

  /** Lets one waiting effect happen and everything that follows from it at once. */
  async runOne(): Promise<void> {
    const index = this.#prng.below(this.#effects.length);
    const [effect] = this.#effects.splice(index, 1);
    if (effect === undefined) return;
    this.note(`${effect.owner.name}: ${effect.label}`);
    effect.run();
    await settle();
  }

  /** Time passes: timers that come due may fire from now on, in any order and late. */
  advance(byMs: number): void {
    this.#monotonicMs += byMs;
    const due = this.#timers.filter((timer) => timer.dueMonotonicMs <= this.#monotonicMs);
    this.#timers = this.#timers.filter((timer) => timer.dueMonotonicMs > this.#monotonicMs);
    this.#effects.push(...due);
  }

  /** Somebody sets the wall clock. */
  jump(byMs: number): void {
    this.note(`the wall clock jumps by ${byMs} ms`);
    this.#wallOffsetMs += byMs;
  }

  /** The clock as one process sees it. */
  clockOf(owner: Life): Clock {
    return {
      now: () => this.now(),
      after: (delayMs, run) => {
        const timer: Timer = {
          owner,
          label: 'a timer fires',
          run,
          dueMonotonicMs: this.#monotonicMs + Math.max(0, delayMs),
        };
        if (owner.alive) this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
          this.#effects = this.#effects.filter((other) => other !== timer);
        };
      },
    };
  }

  /** kill -9. */
  crash(life: Life): void {
    life.alive = false;
    this.#effects = this.#effects.filter(({ owner }) => owner !== life);
    this.#timers = this.#timers.filter(({ owner }) => owner !== life);
  }
}

/** Resolves when no microtask is left: everything that could go on has gone on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
