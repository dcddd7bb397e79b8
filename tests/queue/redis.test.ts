// What the queue promises about Redis itself: missing, wrong, restarted, gone.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openQueue } from '../../src/queue/bullmq.ts';
import type { ActionQueue } from '../../src/queue/queue.ts';
import { type RedisService, requireService, startRedis } from '../services.ts';
import { gate, Taken } from './engines.ts';

const HOUR_MS = 3_600_000;
const redis = requireService('redis');

const on = (url: string, lines: string[] = []) =>
  openQueue({ engine: { kind: 'redis', url }, name: 'test', log: (line) => lines.push(line) });

describe('the address of a queue', () => {
  it('is refused without a word of it when it is none', async () => {
    for (const url of ['redis://:hunter2@[', 'hunter2', 'http://hunter2@localhost/']) {
      await expect(on(url)).rejects.toMatchObject({
        name: 'QueueError',
        kind: 'unreachable',
        message: expect.stringMatching(/^(?!.*hunter2).*write redis:\/\//),
      });
    }
  });

  it('is refused when nobody listens there, and says what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server.close();
    await once(server, 'close');
    await expect(on(`redis://:hunter2@127.0.0.1:${port}`)).rejects.toMatchObject({
      name: 'QueueError',
      kind: 'unreachable',
      message:
        `Redis at 127.0.0.1:${port} cannot be used: connect ECONNREFUSED 127.0.0.1:${port}. ` +
        'Start it, or correct the address; without one the queue lives in the store',
    });
  });
});

describe.skipIf(!redis.available)(`a queue on a Redis that misbehaves${redis.note}`, () => {
  const servers: RedisService[] = [];
  const queues: ActionQueue[] = [];
  const start = async (settings: Record<string, string> = {}) => {
    const server = await startRedis(settings);
    servers.push(server);
    return server;
  };
  const open = async (url: string, lines: string[] = []) => {
    const queue = await on(url, lines);
    queues.push(queue);
    return queue;
  };
  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.close();
    for (const server of servers.splice(0)) await server.stop();
  });

  it('is refused with a wrong password, which is not repeated', async () => {
    const server = await start({ requirepass: 'correct-horse' });
    const url = `redis://:hunter2@127.0.0.1:${server.port}`;
    await expect(on(url)).rejects.toMatchObject({
      name: 'QueueError',
      kind: 'unreachable',
      message: expect.stringMatching(/^(?!.*hunter2).*WRONGPASS.*Correct user and password$/),
    });
  });

  it('warns loudly when Redis may throw jobs away', async () => {
    const server = await start({ 'maxmemory-policy': 'allkeys-lru' });
    const lines: string[] = [];
    const queue = await open(server.url, lines);
    expect(lines).toEqual([expect.stringMatching(/^WARNING: .*maxmemory-policy allkeys-lru/)]);
    expect(await queue.health()).toEqual({
      ok: true,
      detail: expect.stringMatching(/WARNING: .*set it to noeviction/),
    });
  });

  it('goes on after Redis was restarted, empty, in the middle', async () => {
    const server = await start();
    const lines: string[] = [];
    const queue = await open(server.url, lines);
    const taken = new Taken();
    await queue.consume(taken.take, { concurrency: 2 });
    await queue.add([{ id: 'AAAAA', dueAtMs: null }]);
    await taken.reach(1);
    const waiting = [{ id: 'BBBBB', dueAtMs: Date.now() + HOUR_MS }];
    await queue.add(waiting);
    await server.halt();
    await server.start();
    expect(await untilItWorks(() => queue.reconcile(waiting))).toBe(1);
    await queue.release(['BBBBB']);
    await taken.reach(2);
    expect(taken.ids).toEqual(['AAAAA', 'BBBBB']);
    expect(lines).toContain(`Redis at 127.0.0.1:${server.port}: connected again`);
    expect((await queue.health()).ok).toBe(true);
  });

  it('finishes what is in hand while Redis is restarted', async () => {
    const server = await start();
    const queue = await open(server.url);
    const taken = new Taken();
    const held = gate();
    await queue.consume(
      async (id) => {
        await taken.take(id);
        if (id === 'AAAAA') await held.wait;
      },
      { concurrency: 1 },
    );
    await queue.add([{ id: 'AAAAA', dueAtMs: null }]);
    await taken.reach(1);
    await server.halt();
    await server.start();
    held.open();
    await untilItWorks(() => queue.add([{ id: 'BBBBB', dueAtMs: null }]));
    await taken.reach(2);
    expect(taken.ids).toEqual(['AAAAA', 'BBBBB']);
  });

  it('fails within seconds, rather than hanging, while Redis is gone', async () => {
    const server = await start();
    const queue = await open(server.url);
    await server.halt();
    const began = Date.now();
    await expect(queue.add([{ id: 'AAAAA', dueAtMs: null }])).rejects.toThrow();
    await expect(queue.release(['AAAAA'])).rejects.toThrow();
    expect((await queue.health()).ok).toBe(false);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  it('closes while Redis is gone', async () => {
    const server = await start();
    const queue = await open(server.url);
    const taken = new Taken();
    await queue.consume(taken.take, { concurrency: 2 });
    await queue.add([{ id: 'AAAAA', dueAtMs: null }]);
    await taken.reach(1);
    await server.halt();
    await queue.close();
    expect(taken.ids).toEqual(['AAAAA']);
  });
});

/** Tries again while the connection comes back; each try fails by its own timeout. */
async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
