// The queue port on BullMQ, over Redis or over the store's own PostgreSQL. A job is an id and
// nothing else: no command, no decision and no error text ever gets into it. Whatever is lost
// here, the store puts back (rebuild, reconcile); whatever is taken twice, the claim sorts out.
import {
  type BackendFactory,
  type ConnectionOptions,
  createPostgresBackend,
  Job,
  Queue,
  type RedisQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Pool } from 'pg';
import type { Health } from '../bus/adapter.ts';
import { type Clock, systemClock } from '../bus/clock.ts';
import { Batches } from './batches.ts';
import { errorLine } from './errors.ts';
import type { ActionQueue, Consumer, ExpectedJob, TakeJob } from './queue.ts';
import { openRedis } from './redis.ts';

export { QueueError } from './errors.ts';

export type QueueEngine =
  | { readonly kind: 'postgres'; readonly pool: Pool }
  | { readonly kind: 'redis'; readonly url: string };

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
// A job whose taker died is noticed after at most lock + two checks: half a minute. A long pause of
// the event loop must not look like a death; if it does, the claim in the store still holds.
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5000;
const RETRY_MS = 1000;
const HEALTH_MS = 3000;
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
  if (options.engine.kind === 'redis') {
    const redis = await openRedis(options.engine.url, options.log);
    return new BullQueue(options, {
      connection: redis.commands,
      consumerConnection: () => redis.consumer(),
      detail: `queue on ${redis.shown}${redis.warning === null ? '' : `. WARNING: ${redis.warning}`}`,
      ping: async () => {
        await redis.commands.ping();
      },
      close: () => redis.close(),
    });
  }
  const { pool } = options.engine;
  const client = await pool.connect();
  try {
    await runMigrations(client, 'bullmq', {});
  } finally {
    client.release();
  }
  return new BullQueue(options, {
    connection: pool as unknown as ConnectionOptions,
    consumerConnection: () => pool as unknown as ConnectionOptions,
    // Queue and Worker are typed for Redis by default; they use no more than both backends have.
    backend: createPostgresBackend as unknown as Backend,
    detail: "queue on the store's own database",
    ping: async () => {
      await pool.query('select 1');
    },
    close: () => undefined,
  });
}

type Backend = BackendFactory<RedisQueueBackend>;

interface Engine {
  readonly connection: ConnectionOptions;
  readonly consumerConnection: () => ConnectionOptions;
  readonly backend?: Backend;
  readonly detail: string;
  ping(): Promise<void>;
  close(): void;
}

class BullQueue implements ActionQueue {
  readonly engine: 'redis' | 'postgres';
  readonly #options: QueueOptions;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #queueName: string;
  readonly #adding: Batches<ExpectedJob>;
  readonly #releasing: Batches<string>;
  readonly #consumers = new Set<Consumer>();
  /** What consumers of this process have in hand; true = make it due again afterwards. */
  readonly #inHand = new Map<string, boolean>();
  readonly #watched = new Map<string, () => void>();
  #closing: Promise<void> | null = null;

  constructor(options: QueueOptions, engine: Engine) {
    this.engine = options.engine.kind;
    this.#options = options;
    this.#engine = engine;
    this.#clock = options.clock ?? systemClock;
    this.#queueName = `actions-${options.name}`;
    const common = this.#common(engine.connection);
    this.#queue =
      engine.backend === undefined
        ? new Queue(this.#queueName, common)
        : new Queue(this.#queueName, common, engine.backend);
    this.#queue.on('error', (error) => this.#complain(error));
    this.#adding = new Batches(BATCH, (jobs) => this.#addNow(jobs));
    this.#releasing = new Batches(BATCH, (ids) => this.#releaseNow(ids));
  }

  add(jobs: readonly ExpectedJob[]): Promise<void> {
    return this.#adding.push(jobs);
  }

  release(ids: readonly string[]): Promise<void> {
    return this.#releasing.push(ids);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#unwatch(id);
    await inBatches(ids, (id) => this.#queue.remove(toJobId(id)));
  }

  async rebuild(jobs: readonly ExpectedJob[]): Promise<void> {
    await this.#queue.obliterate({ force: true });
    await this.add(jobs);
  }

  async reconcile(jobs: readonly ExpectedJob[]): Promise<number> {
    // A rebuild that died halfway leaves the queue paused.
    if (await this.#queue.isPaused()) await this.#queue.resume();
    const delayed = new Set(await this.#queue.getRanges(['delayed'], 0, -1));
    const moving = new Set(await this.#queue.getRanges(['waiting', 'active'], 0, -1));
    const finished = new Set(await this.#queue.getRanges(['completed', 'failed'], 0, -1));
    const now = this.#clock.now();
    const missing: ExpectedJob[] = [];
    const late: string[] = [];
    for (const job of jobs) {
      const jobId = toJobId(job.id);
      if (delayed.has(jobId)) {
        if (job.dueAtMs === null) late.push(job.id);
      } else if (!moving.has(jobId) && (finished.has(jobId) || !this.#inHand.has(job.id))) {
        // Kept finished jobs would swallow the new one of the same id.
        if (finished.has(jobId)) await this.#queue.remove(jobId);
        missing.push(job.dueAtMs !== null && job.dueAtMs <= now ? { ...job, dueAtMs: null } : job);
      }
    }
    await this.add(missing);
    await this.release(late);
    return missing.length + late.length;
  }

  async consume(take: TakeJob, options: { concurrency: number }): Promise<Consumer> {
    const { backend } = this.#engine;
    const processor = (job: Job) => this.#take(job, take);
    const settings = {
      ...this.#common(this.#engine.consumerConnection()),
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 0,
      runRetryDelay: RETRY_MS,
    };
    const worker =
      backend === undefined
        ? new Worker(this.#queueName, processor, settings)
        : new Worker(this.#queueName, processor, settings, backend);
    worker.on('error', (error) => this.#complain(error));
    // The processor never fails, so this is BullMQ giving up a job whose taker died.
    worker.on('failed', (job) => {
      if (job?.id !== undefined) this.#options.onLost?.(fromJobId(job.id));
    });
    await worker.waitUntilReady();
    const consumer: Consumer = {
      close: async () => {
        this.#consumers.delete(consumer);
        await worker.close();
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  async health(): Promise<Health> {
    const patience = new Promise<never>((_resolve, reject) => {
      this.#clock.after(HEALTH_MS, () => reject(new Error('no answer within 3 s')));
    });
    try {
      await Promise.race([this.#engine.ping(), patience]);
      return { ok: true, detail: this.#engine.detail };
    } catch (error) {
      return { ok: false, detail: `${this.#engine.detail} does not work: ${errorLine(error)}` };
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const id of [...this.#watched.keys()]) this.#unwatch(id);
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await this.#queue.close();
    this.#engine.close();
  }

  #common(connection: ConnectionOptions) {
    return {
      connection,
      // One Redis Cluster slot for everything of ours.
      ...(this.engine === 'redis' ? { prefix: '{countersign}' } : {}),
      streams: { events: { maxLen: 100 } },
    };
  }

  async #addNow(jobs: readonly ExpectedJob[]): Promise<void> {
    const now = this.#clock.now();
    const wishes = jobs.map((job) => ({
      name: 'action',
      data: {},
      opts: {
        jobId: toJobId(job.id),
        attempts: 1,
        removeOnComplete: true,
        removeOnFail: true,
        ...(job.dueAtMs !== null && job.dueAtMs > now
          ? { delay: Math.ceil(job.dueAtMs - now) }
          : {}),
      },
    }));
    const [only] = wishes;
    if (only !== undefined && wishes.length === 1) {
      await this.#queue.add(only.name, only.data, only.opts);
    } else {
      await this.#queue.addBulk(wishes);
    }
  }

  async #releaseNow(ids: readonly string[]): Promise<void> {
    const missing: string[] = [];
    // Taken before this release, so perhaps judged by what the store said before it.
    for (const id of ids) if (this.#inHand.has(id)) this.#inHand.set(id, true);
    await inBatches(ids, async (id) => {
      const found = await this.#promote(id);
      if (found === 'missing') missing.push(id);
      if (found === 'elsewhere' && !this.#inHand.has(id)) this.#watch(id);
    });
    if (missing.length > 0) await this.#addNow(missing.map((id) => ({ id, dueAtMs: null })));
  }

  async #promote(id: string): Promise<'promoted' | 'missing' | 'elsewhere'> {
    try {
      // Built here, not fetched: promoting needs the id alone.
      await new Job(this.#queue, 'action', {}, {}, toJobId(id)).promote();
      return 'promoted';
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : 0;
      if (code === -1) return 'missing';
      if (code === -3) return 'elsewhere';
      throw error;
    }
  }

  /**
   * A consumer in another process may have taken this job just before the approval (its expiry was
   * due) and be about to drop it. The job is watched for a moment and put back if it goes without
   * this process having taken it; a later loss is for reconcile.
   */
  #watch(id: string, attempt = 0): void {
    this.#unwatch(id);
    const delayMs = WATCH_MS[attempt];
    if (delayMs === undefined || this.#closing !== null) return;
    const cancel = this.#clock.after(delayMs, () => {
      this.#watched.delete(id);
      this.#queue
        .getJobState(toJobId(id))
        .then(async (state) => {
          if (state === 'active') this.#watch(id, attempt + 1);
          else if (state === 'unknown') await this.add([{ id, dueAtMs: null }]);
          else if (state === 'delayed') await this.release([id]);
        })
        .catch((error: unknown) => this.#complain(error));
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
    // BullMQ removes the job only after this function: watch until it is gone, then add it.
    if (again) this.#watch(id);
  }

  #complain(error: unknown): void {
    if (this.#closing !== null) return;
    this.#options.log(`queue: ${errorLine(error)}`);
  }
}

async function inBatches<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    await Promise.all(items.slice(start, start + BATCH).map(work));
  }
}
