// What differs between Redis and PostgreSQL as the engine below the queue: how to connect, how
// to tell BullMQ, how to promote many at once.
import {
  type BackendFactory,
  type ConnectionOptions,
  Job,
  Queue,
  type RedisQueueBackend,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Pool } from 'pg';
import { watchfulBackend } from './postgres-backend.ts';
import { openRedis } from './redis.ts';

export type QueueEngine =
  | { readonly kind: 'postgres'; readonly pool: Pool }
  | { readonly kind: 'redis'; readonly url: string };

/** What became of a wish to make a job due. `elsewhere`: it is due, or somebody has it. */
export type Promotion = 'promoted' | 'missing' | 'elsewhere';

export interface WorkerSettings {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  readonly runRetryDelay: number;
}

export interface Engine {
  readonly kind: 'redis' | 'postgres';
  /** One line for people. */
  readonly detail: string;
  openQueue(name: string): Queue;
  /** `cut` breaks the worker's own connection, for when its engine is gone. */
  openWorker(
    name: string,
    process: (job: Job) => Promise<void>,
    settings: WorkerSettings,
  ): { readonly worker: Worker; cut(): void };
  /** Makes delayed jobs due; says for each, in order, what it found. */
  promote(queue: Queue, jobIds: readonly string[]): Promise<Promotion[]>;
  ping(): Promise<void>;
  close(): void;
}

/** The newest events are kept by BullMQ for watchers, which we have none of. */
const STREAMS = { streams: { events: { maxLen: 100 } } };

/** Connects and checks; throws a QueueError that says what to do. */
export function openEngine(engine: QueueEngine, log: (line: string) => void): Promise<Engine> {
  return engine.kind === 'redis' ? onRedis(engine.url, log) : onPostgres(engine.pool);
}

async function onRedis(url: string, log: (line: string) => void): Promise<Engine> {
  const redis = await openRedis(url, log);
  // One Redis Cluster slot for everything of ours.
  const common = { prefix: '{countersign}', ...STREAMS };
  const warning = redis.warning === null ? '' : `. WARNING: ${redis.warning}`;
  return {
    kind: 'redis',
    detail: `queue on ${redis.shown}${warning}`,
    openQueue: (name) => new Queue(name, { ...common, connection: redis.commands }),
    openWorker(name, process, settings) {
      const { connection, cut } = redis.consumer();
      const worker = new Worker(name, process, { ...common, ...settings, connection });
      return { worker, cut };
    },
    // ioredis writes them all at once and Redis answers them in one go.
    promote: (queue, jobIds) => Promise.all(jobIds.map((jobId) => promoteOne(queue, jobId))),
    ping: async () => {
      await redis.commands.ping();
    },
    close: () => redis.close(),
  };
}

async function promoteOne(queue: Queue, jobId: string): Promise<Promotion> {
  try {
    // Built here, not fetched: promoting needs the id alone.
    await new Job(queue, 'action', {}, {}, jobId).promote();
    return 'promoted';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const promotion = promotionOf(code);
    if (promotion === null) throw error;
    return promotion;
  }
}

async function onPostgres(pool: Pool): Promise<Engine> {
  const client = await pool.connect();
  try {
    await runMigrations(client, 'bullmq', {});
  } finally {
    client.release();
  }
  // Queue and Worker are typed for Redis by default; they use no more than both backends have.
  const backend = watchfulBackend as unknown as BackendFactory<RedisQueueBackend>;
  const connection = pool as unknown as ConnectionOptions;
  return {
    kind: 'postgres',
    detail: "queue on the store's own database",
    openQueue: (name) => new Queue(name, { ...STREAMS, connection }, backend),
    openWorker(name, process, settings) {
      const worker = new Worker(name, process, { ...STREAMS, ...settings, connection }, backend);
      return { worker, cut: () => undefined };
    },
    // The function that BullMQ itself calls for one job, for many in one statement.
    async promote(queue, jobIds) {
      const { rows } = await pool.query<{ code: number }>(
        'select promote($1, job_id) as code from unnest($2::text[]) with ordinality as wish(job_id, n) order by n',
        [queue.name, jobIds],
      );
      return rows.map(({ code }) => {
        const promotion = promotionOf(code);
        if (promotion === null) throw new Error(`BullMQ answered a promotion with code ${code}`);
        return promotion;
      });
    },
    ping: async () => {
      await pool.query('select 1');
    },
    close: () => undefined,
  };
}

/** BullMQ's codes: 0 done, -1 no such job, -3 not delayed. */
function promotionOf(code: unknown): Promotion | null {
  if (code === 0) return 'promoted';
  if (code === -1) return 'missing';
  return code === -3 ? 'elsewhere' : null;
}
