// A clock for tests: waits between tries take 5 ms; those of `keepMs` and more stay what they are.
import { type Clock, systemClock } from '../../src/bus/clock.ts';

export function hastyClock(keepMs = Number.POSITIVE_INFINITY): Clock {
  return {
    now: systemClock.now,
    after: (delayMs, run) =>
      systemClock.after(delayMs < keepMs ? Math.min(delayMs, 5) : delayMs, run),
  };
}
