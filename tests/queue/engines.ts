// The engines that every queue test runs on, each with a way to look inside and to empty it.
import { rm } from 'node:fs/promises';
import { createPostgresBackend, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { openQueue, type QueueEngine, type QueueOptions } from '../../src/queue/bullmq.ts';
import type { ActionQueue } from '../../src/queue/queue.ts';
import { openStore } from '../../src/store/open.ts';
import { makeDataDir, requireService, startPostgres, startRedis } from '../services.ts';

export interface TestEngine {
  readonly engine: QueueEngine;
  /** Everything that the engine holds, as text. */
  dump(): Promise<string>;
  /** Loses everything, as FLUSHALL or a truncated table would. */
  wipe(): Promise<void>;
  /** Pauses a queue by name, as the first half of BullMQ's obliterate does. */
  pause(name: string): Promise<void>;
  stop(): Promise<void>;
}

const redis = requireService('redis');
const postgres = requireService('postgres');

/** For `describe.each`: the title, whether it can be had, and how to start it. */
export const ENGINES = [
  { title: `Redis${redis.note}`, available: redis.available, start: startOnRedis },
  { title: `PostgreSQL${postgres.note}`, available: postgres.available, start: startOnPostgres },
  { title: 'PGlite', available: true, start: startOnPglite },
] as const;

async function startOnRedis(): Promise<TestEngine> {
  const server = await startRedis();
  return {
    engine: { kind: 'redis', url: server.url },
    async dump() {
      const keys = (await server.cli('keys', '*')).split('\n');
      const texts: string[] = [];
      for (const key of keys) {
        const type = await server.cli('type', key);
        const read: Record<string, string[]> = {
          string: ['get', key],
          hash: ['hgetall', key],
          list: ['lrange', key, '0', '-1'],
          set: ['smembers', key],
          zset: ['zrange', key, '0', '-1'],
          stream: ['xrange', key, '-', '+'],
        };
        texts.push(key, await server.cli(...(read[type] ?? ['get', key])));
      }
      return texts.join('\n');
    },
    async wipe() {
      await server.cli('flushall');
    },
    async pause(name) {
      const connection = new Redis(server.url, { maxRetriesPerRequest: null });
      const queue = new Queue(`actions-${name}`, { connection, prefix: '{countersign}' });
      await queue.pause();
      await queue.close();
      connection.disconnect();
    },
    stop: () => server.stop(),
  };
}

async function startOnPostgres(): Promise<TestEngine> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  const log = () => undefined;
  const store = await openStore({ kind: 'postgres', url }, { log });
  return {
    engine: { kind: 'postgres', pool: store.queuePool },
    ...lookingInto(store.queuePool),
    async stop() {
      await store.close();
      await server.stop();
    },
  };
}

async function startOnPglite(): Promise<TestEngine> {
  const dataDir = await makeDataDir();
  const store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
  return {
    engine: { kind: 'postgres', pool: store.queuePool },
    ...lookingInto(store.queuePool),
    async stop() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function lookingInto(pool: pg.Pool) {
  return {
    async dump() {
      const { rows: tables } = await pool.query(
        "select tablename from pg_tables where schemaname = 'bullmq'",
      );
      const texts: string[] = [];
      for (const { tablename } of tables) {
        const { rows } = await pool.query(`select t::text as row from bullmq.${tablename} t`);
        texts.push(tablename, ...rows.map(({ row }) => row));
      }
      return texts.join('\n');
    },
    async wipe() {
      await pool.query('truncate bullmq.job, bullmq.event, bullmq.meta cascade');
    },
    async pause(name: string) {
      const options = { connection: pool as never };
      const queue = new Queue(`actions-${name}`, options, createPostgresBackend as never);
      await queue.pause();
      await queue.close();
    },
  };
}

/** What a consumer took, in order, and a way to wait for it. */
export class Taken {
  readonly ids: string[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  readonly take = async (id: string): Promise<void> => {
    this.ids.push(id);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.ids.length < count) return true;
      resolve();
      return false;
    });
  };

  /** Resolves once this many were taken in all. */
  reach(count: number): Promise<void> {
    if (this.ids.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

/** A queue with a name of its own. */
export async function openTestQueue(
  engine: QueueEngine,
  options: Partial<QueueOptions> = {},
): Promise<ActionQueue> {
  nameCount += 1;
  return openQueue({ engine, name: `t${nameCount}`, log: () => undefined, ...options });
}
let nameCount = 0;

/** A promise to hold somebody at, and the way to let them go. */
export function gate(): { readonly wait: Promise<void>; open(): void } {
  let open = () => {};
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open: () => open() };
}
