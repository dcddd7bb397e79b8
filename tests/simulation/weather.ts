// How rough one history is: drawn once from its seed, so that calm and stormy ones both happen.
import type { Prng } from './prng.ts';

/** Probabilities of faults, each per chance to happen. */
export interface Weather {
  /** The store is lost before a commit. */
  lostBeforeCommit: number;
  /** The store commits, and the answer is lost. */
  lostAfterCommit: number;
  /** A transaction must be planned anew although nobody was faster. */
  conflict: number;
  /** Reading the store fails. */
  lostRead: number;
  /** A call to the queue throws, having done its work or not. */
  lostQueue: number;
  /** A worker gets a job and the queue keeps it. */
  deliveredTwice: number;
  /** Processes die, the queue is flushed, clocks jump. */
  disaster: number;
}

export function drawWeather(prng: Prng): Weather {
  const storm = prng.one([0, 0.3, 1, 1, 2.5]);
  return {
    lostBeforeCommit: 0.02 * storm,
    lostAfterCommit: 0.03 * storm,
    conflict: 0.03 * storm,
    lostRead: 0.02 * storm,
    lostQueue: 0.06 * storm,
    deliveredTwice: 0.15 * storm,
    disaster: storm,
  };
}

/** Nothing fails any more. */
export function calm(weather: Weather): void {
  weather.lostBeforeCommit = 0;
  weather.lostAfterCommit = 0;
  weather.conflict = 0;
  weather.lostRead = 0;
  weather.lostQueue = 0;
  weather.deliveredTwice = 0;
  weather.disaster = 0;
}
