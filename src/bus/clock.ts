// Time and chance as ports (I12): the program injects the real ones, the simulation its own.
import { randomBytes } from 'node:crypto';

/** Wall clock and timers. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Never keeps Node alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** Cryptographically strong bytes. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

// setTimeout fires at once for delays above 2^31-1 ms; nobody waits 24 days without a sweep.
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clock. Only app.ts and tests choose it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const systemRandom: RandomBytes = (sizeBytes) => randomBytes(sizeBytes);
