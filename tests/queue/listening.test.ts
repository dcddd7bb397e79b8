// A worker on PostgreSQL whose notifications are lost takes its jobs all the same. Between it and
// the server stands a proxy that does to the listening connection what networks and restarts do.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresService, requireService, startPostgres } from '../services.ts';
import { gate, Taken } from './engines.ts';
import { openQueueFor } from './opening.ts';

const postgres = requireService('postgres');
const HOUR_MS = 3_600_000;
/** A simple query of PostgreSQL's protocol that is a LISTEN, after comments. */
const LISTEN = /^Q[\s\S]{4}(?:--.*\n)*LISTEN /;

/** What becomes of the first connection that says LISTEN, from its answer on. */
type Fate = 'silent' | 'answer and end at once';

interface Proxy {
  readonly port: number;
  /** The server has answered the first LISTEN. */
  readonly listening: Promise<void>;
  /** A second connection says LISTEN. */
  readonly listeningAgain: Promise<void>;
  /** The worker has looked for jobs after its LISTEN: from now on it sleeps. */
  readonly asleep: Promise<void>;
  stop(): Promise<void>;
}

async function startProxy(port: number, fate: Fate): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let listeners = 0;
  const [listening, again, asleep] = [gate(), gate(), gate()];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    let marked = false;
    const held: Buffer[] = [];
    client.on('data', (bytes) => {
      if (LISTEN.test(bytes.toString('latin1'))) {
        listeners += 1;
        marked = listeners === 1;
        if (listeners === 2) again.open();
      }
      if (bytes.includes('SELECT next_delay($1) AS next_delay')) looking = true;
      upstream.write(bytes);
    });
    let answered = false;
    let looking = false;
    upstream.on('data', (bytes) => {
      if (looking) asleep.open();
      if (!marked) return client.write(bytes);
      if (fate === 'answer and end at once') held.push(bytes);
      else if (!answered) client.write(bytes);
      answered = true;
      return listening.open();
    });
    upstream.on('end', () => client.end(Buffer.concat(held)));
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    listening: listening.wait,
    listeningAgain: again.wait,
    asleep: asleep.wait,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe.skipIf(!postgres.available)(`listening on PostgreSQL${postgres.note}`, () => {
  let server: PostgresService;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  async function listenThrough(fate: Fate) {
    const url = new URL(await server.createDatabase());
    const proxy = await startProxy(server.port, fate);
    url.port = String(proxy.port);
    const where = { name: 'listening', place: { kind: 'postgres', url: url.href } } as const;
    const { queue, close } = await openQueueFor(where);
    // Something to sleep for: without it a worker looks every few seconds anyway.
    await queue.add([{ id: 'LATER', dueAtMs: Date.now() + HOUR_MS }]);
    const taken = new Taken();
    await queue.consume(taken.take, { concurrency: 1 });
    await proxy.listening;
    const end = async () => {
      await close();
      await proxy.stop();
    };
    return { database: url.pathname.slice(1), proxy, queue, taken, end };
  }

  it('takes a job although its connection fell silent', { timeout: 60_000 }, async () => {
    const { proxy, queue, taken, end } = await listenThrough('silent');
    await proxy.asleep;
    await queue.release(['LATER']);
    await taken.reach(1);
    expect(taken.ids).toEqual(['LATER']);
    await end();
  });

  it('listens again where the connection ended as it began to', { timeout: 60_000 }, async () => {
    const { database, proxy, queue, taken, end } = await listenThrough('answer and end at once');
    await server.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = '${database}' and query like '%LISTEN bullmq_jobs;%'
          and pid <> pg_backend_pid()`,
    );
    await proxy.asleep;
    await queue.release(['LATER']);
    await taken.reach(1);
    expect(taken.ids).toEqual(['LATER']);
    await proxy.listeningAgain;
    await end();
  });
});
