// What the queue promises when processes die, and that one can end.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorePlace } from '../../src/store/open.ts';
import { makeDataDir, requireService, startPostgres, startRedis } from '../services.ts';
import { Taken } from './engines.ts';
import { openQueueFor, startProcess } from './opening.ts';

const redis = requireService('redis');
const postgres = requireService('postgres');

interface Server {
  readonly where: { readonly redis: string } | { readonly place: StorePlace };
  stop(): Promise<void>;
}

async function redisServer(): Promise<Server> {
  const server = await startRedis();
  return { where: { redis: server.url }, stop: () => server.stop() };
}

async function postgresServer(): Promise<Server> {
  const server = await startPostgres();
  const place = { kind: 'postgres', url: await server.createDatabase() } as const;
  return { where: { place }, stop: () => server.stop() };
}

async function folder(): Promise<Server> {
  const dataDir = await makeDataDir();
  const place = { kind: 'folder', dataDir } as const;
  return { where: { place }, stop: () => rm(dataDir, { recursive: true, force: true }) };
}

const ENGINES = [
  { title: `Redis${redis.note}`, available: redis.available, start: redisServer, shared: true },
  {
    title: `PostgreSQL${postgres.note}`,
    available: postgres.available,
    start: postgresServer,
    shared: true,
  },
  { title: 'PGlite', available: true, start: folder, shared: false },
];

for (const { title, available, start, shared } of ENGINES) {
  describe.skipIf(!available)(`queue processes on ${title}`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.stop());

    it('leaves nothing open that would keep a process alive', async () => {
      const user = startProcess({ ...server.where, name: 'use', mode: 'use' });
      expect(await user.line('took')).toBe('AAAAA');
      expect(await user.line('closed')).toBe(true);
      expect(await user.ended).toBe(0);
    });

    if (shared)
      it('gives up the job of a killed process, says so, and takes it again', {
        timeout: 60_000,
      }, async () => {
        const holder = startProcess({ ...server.where, name: 'killed', mode: 'hold' });
        await holder.line('ready');
        let lost = (_id: string) => {};
        const loss = new Promise<string>((resolve) => {
          lost = resolve;
        });
        const where = { ...server.where, name: 'killed', onLost: (id: string) => lost(id) };
        const { queue, close } = await openQueueFor(where);
        await queue.add([{ id: '12345', dueAtMs: null }]);
        expect(await holder.line('took')).toBe('12345');
        holder.child.kill('SIGKILL');
        await holder.ended;
        const taken = new Taken();
        await queue.consume(taken.take, { concurrency: 1 });
        expect(await loss).toBe('12345');
        expect(taken.ids).toEqual([]);
        expect(await queue.reconcile([{ id: '12345', dueAtMs: null }])).toBe(1);
        await taken.reach(1);
        expect(taken.ids).toEqual(['12345']);
        await close();
      });

    it('is usable at once after a kill, by a rebuild', { timeout: 60_000 }, async () => {
      const holder = startProcess({ ...server.where, name: 'rebuilt', mode: 'hold' });
      await holder.line('ready');
      if (shared) {
        const { queue, close } = await openQueueFor({ ...server.where, name: 'rebuilt' });
        await queue.add([{ id: 'AAAAA', dueAtMs: null }]);
        await holder.line('took');
        await close();
      }
      holder.child.kill('SIGKILL');
      await holder.ended;
      const { queue, close } = await openQueueFor({ ...server.where, name: 'rebuilt' });
      const taken = new Taken();
      await queue.rebuild([{ id: 'AAAAA', dueAtMs: null }]);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      expect(taken.ids).toEqual(['AAAAA']);
      await close();
    });
  });
}
