// The queue in memory: it survives the control plane and may lose everything, deliver twice, late,
// or what nobody put in. Like the real one it knows ids and due times, and decides nothing.
import type { ActionQueue, ExpectedJob } from '../../src/queue/queue.ts';
import type { Prng } from './prng.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

export class MemoryQueue {
  readonly #prng: Prng;
  readonly #scheduler: Scheduler;
  readonly #weather: Weather;
  /** Due times by id; null is due at once. */
  readonly jobs = new Map<string, number | null>();

  constructor(prng: Prng, scheduler: Scheduler, weather: Weather) {
    this.#prng = prng;
    this.#scheduler = scheduler;
    this.#weather = weather;
  }

  due(): string[] {
    const now = this.#scheduler.now();
    return [...this.jobs].filter(([, at]) => at === null || at <= now).map(([id]) => id);
  }

  /** redis-cli flushall. */
  flush(): void {
    this.#scheduler.note('the queue is flushed');
    this.jobs.clear();
  }

  /** The queue as one process reaches it. */
  connect(owner: Life): ActionQueue {
    const call = async <T>(label: string, work: () => T): Promise<T> => {
      await this.#scheduler.turn(owner, `queue ${label}`);
      const lost = this.#prng.chance(this.#weather.lostQueue);
      if (lost && this.#prng.chance(0.5)) throw new Error('the queue was not reached');
      const done = work();
      if (lost) throw new Error('the queue was lost before it could answer');
      await this.#scheduler.turn(owner, `queue ${label} answers`);
      return done;
    };
    return {
      engine: 'redis',
      add: (jobs) => call('add', () => this.#add(jobs)),
      release: (ids) => call('release', () => ids.forEach((id) => void this.jobs.set(id, null))),
      remove: (ids) => call('remove', () => ids.forEach((id) => void this.jobs.delete(id))),
      rebuild: (jobs) =>
        call('rebuild', () => {
          this.jobs.clear();
          this.#add(jobs);
        }),
      reconcile: (jobs) => call('reconcile', () => this.#reconcile(jobs)),
      consume: () => Promise.reject(new Error('simulated workers take their jobs themselves')),
      health: () => Promise.resolve({ ok: true, detail: 'in memory' }),
      close: () => Promise.resolve(),
    };
  }

  #add(jobs: readonly ExpectedJob[]): void {
    for (const { id, dueAtMs } of jobs) if (!this.jobs.has(id)) this.jobs.set(id, dueAtMs);
  }

  #reconcile(jobs: readonly ExpectedJob[]): number {
    let mended = 0;
    for (const { id, dueAtMs } of jobs) {
      const isLate = dueAtMs === null && this.jobs.get(id) !== null;
      if (this.jobs.has(id) && !isLate) continue;
      this.jobs.set(id, dueAtMs);
      mended += 1;
    }
    return mended;
  }
}
