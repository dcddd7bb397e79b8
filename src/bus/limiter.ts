// Token buckets by key, in memory and bounded: how often one sender may do one thing.
import type { Clock } from './clock.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

const MOST_KEYS = 10_000;

export class Limiter {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `perMinute` is both the rate and the burst. */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes one; false when there is none left just now. */
  take(key: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#perMinute, atMs: now };
    const elapsedMs = Math.max(0, now - bucket.atMs);
    const tokens = Math.min(
      this.#perMinute,
      bucket.tokens + (elapsedMs * this.#perMinute) / 60_000,
    );
    const taken = tokens >= 1;
    // Re-inserting keeps the map in order of use, so the first key is the one to forget.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: taken ? tokens - 1 : tokens, atMs: now });
    if (this.#buckets.size > MOST_KEYS) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return taken;
  }
}
