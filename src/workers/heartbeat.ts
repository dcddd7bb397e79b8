// Tells the control plane, beat by beat, that a run is still going, and learns from it when the
// run is no longer this worker's.
import type { Clock } from '../bus/clock.ts';

export interface Heart {
  /** True once the control plane has said that the run is not this worker's any more. */
  lost(): boolean;
  stop(): void;
}

/** Beats until stopped or told to stop. An unanswered beat is no verdict: the next one follows. */
export function startHeartbeat(options: {
  readonly beat: () => Promise<boolean>;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}): Heart {
  let isLost = false;
  let stopped = false;
  let cancel: () => void = () => {};
  const next = () => {
    if (!stopped) cancel = options.clock.after(options.everyMs, () => void beat());
  };
  const beat = async (): Promise<void> => {
    try {
      const isOurs = await options.beat();
      if (!isOurs && !stopped) {
        isLost = true;
        stopped = true;
        options.onLost();
      }
    } catch (error) {
      options.onError(error);
    }
    next();
  };
  next();
  return {
    lost: () => isLost,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
