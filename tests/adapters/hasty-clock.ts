// A clock for tests: waits between tries take 5 ms, limits of 10 s and more stay what they are.
import { type Clock, systemClock } from '../../src/bus/clock.ts';

export const hastyClock: Clock = {
  now: systemClock.now,
  after: (delayMs, run) =>
    systemClock.after(delayMs < 10_000 ? Math.min(delayMs, 5) : delayMs, run),
};
