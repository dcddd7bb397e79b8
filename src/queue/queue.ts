// The queue port. A job is an approval's id and nothing else: the queue moves, the store decides.
import type { Health } from '../bus/adapter.ts';

/** A job that the store says should exist. */
export interface ExpectedJob {
  readonly id: string;
  /** When it becomes due by itself (the expiry of a pending approval); null = due now. */
  readonly dueAtMs: number | null;
}

/** Takes one due job. Called at least once a job; the claim in the store makes it once. */
export type TakeJob = (id: string) => Promise<void>;

export interface Consumer {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

export interface ActionQueue {
  /** `redis` or `postgres`: the engine below. */
  readonly engine: 'redis' | 'postgres';
  /** Adds jobs that are not there yet; those that are stay as they are. */
  add(jobs: readonly ExpectedJob[]): Promise<void>;
  /** Makes jobs due now, adding those that are missing. */
  release(ids: readonly string[]): Promise<void>;
  /** Removes jobs that nobody has taken. */
  remove(ids: readonly string[]): Promise<void>;
  /** Empties the queue and fills it with exactly these (at start: the store is the truth). */
  rebuild(jobs: readonly ExpectedJob[]): Promise<void>;
  /** Puts back what is missing, makes due what should be; returns how many it had to mend. */
  reconcile(jobs: readonly ExpectedJob[]): Promise<number>;
  consume(take: TakeJob, options: { concurrency: number }): Promise<Consumer>;
  health(): Promise<Health>;
  close(): Promise<void>;
}
