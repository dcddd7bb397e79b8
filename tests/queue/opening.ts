// Opens a queue from what fits into a command line. For process.ts and the tests that start it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { openQueue } from '../../src/queue/bullmq.ts';
import type { ActionQueue } from '../../src/queue/queue.ts';
import { openStore, type StorePlace } from '../../src/store/open.ts';

export type { ActionQueue } from '../../src/queue/queue.ts';

export interface Where {
  readonly name: string;
  readonly redis?: string;
  readonly place?: StorePlace;
  /** Called for jobs whose taker died. */
  readonly onLost?: (id: string) => void;
}

/** The queue, and what closes it and its store. */
export async function openQueueFor(
  where: Where,
): Promise<{ queue: ActionQueue; close: () => Promise<void> }> {
  const log = () => undefined;
  const common = { name: where.name, log, ...(where.onLost ? { onLost: where.onLost } : {}) };
  if (where.redis !== undefined) {
    const queue = await openQueue({ ...common, engine: { kind: 'redis', url: where.redis } });
    return { queue, close: () => queue.close() };
  }
  if (where.place === undefined) throw new Error('neither redis nor place');
  const store = await openStore(where.place, { log, exclusive: false });
  const engine = { kind: 'postgres', pool: store.queuePool } as const;
  const queue = await openQueue({ ...common, engine });
  return {
    queue,
    async close() {
      await queue.close();
      await store.close();
    },
  };
}

export interface QueueProcess {
  readonly child: ChildProcess;
  /** The next line that it prints and that has this key. */
  line(key: string): Promise<unknown>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts process.ts. */
export function startProcess(where: Where & { mode: 'hold' | 'use' }): QueueProcess {
  const file = new URL('./process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(where)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  const waiting: { key: string; resolve: (value: unknown) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text));
    settle();
  });
  const settle = () => {
    for (const [index, { key, resolve }] of [...waiting.entries()].reverse()) {
      const found = lines.findIndex((line) => key in line);
      if (found < 0) continue;
      resolve(lines.splice(found, 1)[0]?.[key]);
      waiting.splice(index, 1);
    }
  };
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    child,
    ended,
    line: (key) =>
      new Promise((resolve) => {
        waiting.push({ key, resolve });
        settle();
      }),
  };
}
