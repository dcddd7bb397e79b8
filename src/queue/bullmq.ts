// The queue port on BullMQ, over Redis or over the store's own PostgreSQL. A job is an id and
// nothing else: no command, no decision and no error text ever gets into it. Whatever is lost
// here, the store puts back (rebuild, reconcile); whatever is taken twice, the claim sorts out.
import type { Job, Queue } from 'bullmq';
import type { Health } from '../bus/adapter.ts';
import { type Clock, systemClock } from '../bus/clock.ts';
import { Batches } from './batches.ts';
import { type Engine, openEngine, type QueueEngine } from './engine.ts';
import { errorLine, QueueError } from './errors.ts';
import type { ActionQueue, Consumer, ExpectedJob, TakeJob } from './queue.ts';

export type { QueueEngine } from './engine.ts';
export { QueueError };

export interface QueueOptions {
  readonly engine: QueueEngine;
  /** Keeps apart deployments that share an engine: the store's instance id. */
  readonly name: string;
  readonly log: (line: string) => void;
  /** The process that had taken this job is gone; the job is no longer in the queue. */
  readonly onLost?: (id: string) => void;
  readonly clock?: Clock;
}

const BATCH = 500;
// A job whose taker died is noticed after at most lock + two checks: 20 s. A long pause of the
// event loop must not look like a death; if it does, the claim in the store still holds.
const WORKER = {
  lockDuration: 10_000,
  stalledInterval: 5000,
  maxStalledCount: 0,
  runRetryDelay: 1000,
} as const;
const HEALTH_MS = 3000;
const CLOSE_MS = 2000;
/** How long a job found in somebody else's hands is watched (see `#watch`). */
const WATCH_MS = [50, 100, 200, 400, 800, 1600];

// BullMQ refuses ids that are integers, and ours may be all digits.
const toJobId = (id: string) => `a-${id}`;
const fromJobId = (jobId: string) => jobId.slice(2);

/** Connects, brings BullMQ's own tables up to date, or throws a QueueError that says what to do. */
export async function openQueue(options: QueueOptions): Promise<ActionQueue> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.name)) {
    throw new TypeError('the name of a queue is 1 to 64 letters, digits, "-" and "_"');
  }
  const queue = new BullQueue(options, await openEngine(options.engine, options.log));
  await queue.ready();
  return queue;
}

class BullQueue implements ActionQueue {
  readonly engine: 'redis' | 'postgres';
  readonly #options: QueueOptions;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #adding: Batches<ExpectedJob>;
  readonly #releasing: Batches<string>;
  readonly #consumers = new Set<Consumer>();
  /** What consumers of this process have in hand; true = make it due again afterwards. */
  readonly #inHand = new Map<string, boolean>();
  readonly #watched = new Map<string, () => void>();
  #closing: Promise<void> | null = null;

  constructor(options: QueueOptions, engine: Engine) {
    this.engine = engine.kind;
    this.#options = options;
    this.#engine = engine;
    this.#clock = options.clock ?? systemClock;
    this.#queue = engine.openQueue(`actions-${options.name}`);
    this.#queue.on('error', (error) => this.#complain(error));
    this.#adding = new Batches(BATCH, (jobs) => this.#addNow(jobs));
    this.#releasing = new Batches(BATCH, (ids) => this.#releaseNow(ids));
  }

  /** BullMQ looks at its engine once, and is of no use if that failed. */
  async ready(): Promise<void> {
    try {
      await this.#queue.waitUntilReady();
    } catch (error) {
      await this.close();
      throw new QueueError('unreachable', `${this.#engine.detail} fails: ${errorLine(error)}`);
    }
  }

  add(jobs: readonly ExpectedJob[]): Promise<void> {
    return this.#adding.push(jobs);
  }

  release(ids: readonly string[]): Promise<void> {
    return this.#releasing.push(ids);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#unwatch(id);
    for (let start = 0; start < ids.length; start += BATCH) {
      const batch = ids.slice(start, start + BATCH);
      await Promise.all(batch.map((id) => this.#queue.remove(toJobId(id))));
    }
  }

  async rebuild(jobs: readonly ExpectedJob[]): Promise<void> {
    // Pauses, empties and forgets that it was paused. Jobs in hand go on; finding themselves
    // gone, they end with an error that #complain knows.
    await this.#queue.obliterate({ force: true });
    await this.add(jobs);
  }

  async reconcile(jobs: readonly ExpectedJob[]): Promise<number> {
    // A rebuild that died halfway leaves the queue paused.
    if (await this.#queue.isPaused()) await this.#queue.resume();
    const { missing, late, stale } = await this.#compare(jobs);
    // Kept finished jobs would swallow new ones of the same id.
    await this.remove(stale);
    await this.add(missing);
    await this.release(late);
    return missing.length + late.length;
  }

  async consume(take: TakeJob, options: { concurrency: number }): Promise<Consumer> {
    const underWay = new Set<Promise<void>>();
    const { worker, cut } = this.#engine.openWorker(
      this.#queue.name,
      async (job) => {
        const taking = this.#take(job, take);
        underWay.add(taking);
        await taking;
        underWay.delete(taking);
      },
      { ...WORKER, concurrency: options.concurrency },
    );
    worker.on('error', (error) => this.#complain(error));
    // The processor never fails, so this is BullMQ giving up a job whose taker died.
    worker.on('failed', (job) => {
      if (job?.id !== undefined) this.#options.onLost?.(fromJobId(job.id));
    });
    await worker.waitUntilReady();
    const consumer: Consumer = {
      close: async () => {
        this.#consumers.delete(consumer);
        const closed = worker.close();
        await Promise.allSettled(underWay);
        // With the engine away BullMQ would wait for it, and there is nothing left to wait for.
        await within(CLOSE_MS, closed);
        cut();
        await within(CLOSE_MS, closed);
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  async health(): Promise<Health> {
    const { detail } = this.#engine;
    try {
      const answer = await within(HEALTH_MS, this.#engine.ping());
      if (answer === 'in time') return { ok: true, detail };
      return { ok: false, detail: `${detail} does not answer within ${HEALTH_MS / 1000} s` };
    } catch (error) {
      return { ok: false, detail: `${detail} does not work: ${errorLine(error)}` };
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const id of [...this.#watched.keys()]) this.#unwatch(id);
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await within(CLOSE_MS, this.#queue.close());
    this.#engine.close();
  }

  async #compare(jobs: readonly ExpectedJob[]) {
    // In the order in which jobs move, so that one that moves meanwhile is seen at least once.
    const delayed = new Set(await this.#queue.getRanges(['delayed'], 0, -1));
    const moving = new Set(await this.#queue.getRanges(['waiting', 'active'], 0, -1));
    const finished = new Set(await this.#queue.getRanges(['completed', 'failed'], 0, -1));
    const missing: ExpectedJob[] = [];
    const late: string[] = [];
    const stale: string[] = [];
    for (const job of jobs) {
      const jobId = toJobId(job.id);
      if (delayed.has(jobId)) {
        if (job.dueAtMs === null) late.push(job.id);
      } else if (!moving.has(jobId) && !this.#inHand.has(job.id)) {
        if (finished.has(jobId)) stale.push(job.id);
        missing.push(job);
      }
    }
    return { missing, late, stale };
  }

  async #addNow(jobs: readonly ExpectedJob[]): Promise<void> {
    const now = this.#clock.now();
    const wishes = jobs.map(({ id, dueAtMs }) => ({
      name: 'action',
      data: {},
      opts: {
        jobId: toJobId(id),
        attempts: 1,
        removeOnComplete: true,
        removeOnFail: true,
        ...(dueAtMs !== null && dueAtMs > now ? { delay: Math.ceil(dueAtMs - now) } : {}),
      },
    }));
    const [first] = wishes;
    if (first !== undefined && wishes.length === 1) {
      // On PostgreSQL the bulk form makes temporary tables, which one job is not worth.
      await this.#queue.add(first.name, first.data, first.opts);
    } else {
      await this.#queue.addBulk(wishes);
    }
  }

  async #releaseNow(ids: readonly string[]): Promise<void> {
    // Taken before this release, so perhaps judged by what the store said before it.
    for (const id of ids) if (this.#inHand.has(id)) this.#inHand.set(id, true);
    const found = await this.#engine.promote(this.#queue, ids.map(toJobId));
    const missing = ids.filter((_id, index) => found[index] === 'missing');
    for (const [index, id] of ids.entries()) {
      if (found[index] === 'elsewhere' && !this.#inHand.has(id)) this.#watch(id);
    }
    if (missing.length > 0) await this.#addNow(missing.map((id) => ({ id, dueAtMs: null })));
  }

  /**
   * A consumer elsewhere may have taken this job just before the approval (its expiry was due) and
   * be about to drop it. The job is watched for a moment, and put back if it goes without this
   * process having taken it; a later loss is for reconcile.
   */
  #watch(id: string, attempt = 0): void {
    this.#unwatch(id);
    const delayMs = WATCH_MS[attempt];
    if (delayMs === undefined || this.#closing !== null) return;
    const look = async () => {
      this.#watched.delete(id);
      const state = await this.#queue.getJobState(toJobId(id));
      if (state === 'active') this.#watch(id, attempt + 1);
      else if (state === 'unknown') await this.add([{ id, dueAtMs: null }]);
      else if (state === 'delayed') await this.release([id]);
    };
    const cancel = this.#clock.after(delayMs, () => {
      look().catch((error: unknown) => this.#complain(error));
    });
    this.#watched.set(id, cancel);
  }

  #unwatch(id: string): void {
    this.#watched.get(id)?.();
    this.#watched.delete(id);
  }

  async #take(job: Job, take: TakeJob): Promise<void> {
    const id = fromJobId(job.id ?? '');
    this.#unwatch(id);
    this.#inHand.set(id, false);
    try {
      await take(id);
    } catch (error) {
      // Not handed to BullMQ: it would write the text into its engine.
      this.#options.log(`taking ${id} failed: ${errorLine(error)}`);
    }
    const again = this.#inHand.get(id) === true;
    this.#inHand.delete(id);
    // BullMQ removes the job only after this function: watched until it is gone, then added.
    if (again) this.#watch(id);
  }

  #complain(error: unknown): void {
    if (this.#closing !== null) return;
    // Losses of connection are told by redis.ts, once each.
    if (this.engine === 'redis' && isSystemError(error)) return;
    // What rebuild took away from under a running job; the store knows better anyway.
    if (/^(Missing (key|lock) for job|could not renew lock)/.test(errorLine(error))) return;
    this.#options.log(`queue: ${errorLine(error)}`);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

// Not the injected clock: this keeps the process alive until it is over, as closing must.
async function within(limitMs: number, work: Promise<void>): Promise<'in time' | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs);
  });
  try {
    return await Promise.race([work.then(() => 'in time' as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
