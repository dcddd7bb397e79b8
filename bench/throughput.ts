// Submit to claim, against bare BullMQ (add delayed, promote, process) on the same engine in the
// same run. The difference is what it costs to decide in a store, on a signed record.
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Runs } from '../src/interlock/runs.ts';
import {
  approve,
  type Engine,
  type EngineName,
  openEngine,
  openInterlock,
  submission,
} from './engines.ts';
import { countdown, inParallel, median } from './statistics.ts';

const ACTIONS = 1_000;
const WIDTHS = [1, 32] as const;
const ROUNDS = 3;

export async function throughput(): Promise<void> {
  for (const name of ['pglite', 'redis', 'redis + postgres'] satisfies EngineName[]) {
    const engine = await openEngine(name);
    try {
      for (const width of WIDTHS) await compare(engine, width);
    } finally {
      await engine.close();
    }
  }
}

async function compare(engine: Engine, width: number): Promise<void> {
  const actions = width === 1 ? ACTIONS / 4 : ACTIONS;
  const bare: number[] = [];
  const ours: number[] = [];
  // In turn, so that a slow spell of the machine hits both.
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(actions / (await runOurs(engine, actions, width, round)));
    bare.push(actions / (await runBare(engine, actions, width, round)));
  }
  const ratio = median(ours) / median(bare);
  console.log(
    `  ${engine.name.padEnd(16)} ${String(width).padStart(2)} at once: ` +
      `${median(ours).toFixed(0)} actions/s, bare BullMQ ${median(bare).toFixed(0)}/s, ratio ${ratio.toFixed(2)}`,
  );
}

/** Seconds for submit -> approve -> claimed, all of them. */
async function runOurs(engine: Engine, actions: number, width: number, round: number) {
  const queue = await engine.openQueue(`ours-${width}-${round}`);
  const interlock = openInterlock(engine, queue);
  const runs = new Runs(interlock);
  const claimed = countdown(actions);
  const consumer = await queue.consume(
    async (id) => {
      const answer = await runs.claim(id, 'bench');
      if (answer.claimed) claimed.one();
    },
    { concurrency: width },
  );
  const began = process.hrtime.bigint();
  await inParallel(actions, width, async (index) => {
    const { approval } = await interlock.submit(submission(index));
    await approve(interlock, approval);
  });
  await claimed.done;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  await interlock.jobs.settled();
  await consumer.close();
  await queue.close();
  return seconds;
}

/** Seconds for add (delayed) -> promote -> processed, all of them. */
async function runBare(engine: Engine, jobs: number, width: number, round: number) {
  const name = `bare-${width}-${round}`;
  const processed = countdown(jobs);
  const options = { removeOnComplete: true, attempts: 1 } as const;
  const connect = () =>
    engine.redisUrl === null
      ? (engine.store.queuePool as never)
      : (new Redis(engine.redisUrl, { maxRetriesPerRequest: null }) as never);
  const backend = engine.redisUrl === null ? [createPostgresBackend as never] : [];
  const connections = [connect(), connect()] as const;
  const queue = new Queue(name, { connection: connections[0] }, ...(backend as []));
  const worker = new Worker(
    name,
    async () => processed.one(),
    { connection: connections[1], concurrency: width },
    ...(backend as []),
  );
  await worker.waitUntilReady();
  const began = process.hrtime.bigint();
  await inParallel(jobs, width, async (index) => {
    const job = await queue.add(
      'action',
      {},
      { ...options, jobId: `j-${index}`, delay: 1_800_000 },
    );
    await job.promote();
  });
  await processed.done;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  await worker.close();
  await queue.close();
  if (engine.redisUrl !== null) for (const redis of connections) (redis as Redis).disconnect();
  return seconds;
}
