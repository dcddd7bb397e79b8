// Opening the store on a PostgreSQL server.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueue } from '../../src/queue/bullmq.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/open.ts';
import { settings } from '../../src/store/schema.ts';
import { type PostgresService, requireService, startPostgres } from '../services.ts';

const postgres = requireService('postgres');
const stores: Store[] = [];

async function open(url: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ kind: 'postgres', url }, { log: () => undefined, ...options });
  stores.push(store);
  return store;
}

async function close(store: Store): Promise<void> {
  stores.splice(stores.indexOf(store), 1);
  await store.close();
}

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

describe('the address of a database', () => {
  it('is refused without a word of it when it is none', async () => {
    for (const url of ['hunter2', 'postgres://u:hunter2@[', 'mysql://u:hunter2@localhost/x']) {
      await expect(open(url)).rejects.toMatchObject({
        name: 'StoreError',
        kind: 'unreachable',
        message: expect.stringMatching(/^(?!.*hunter2).*write postgres:\/\/user/),
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
    await expect(open(`postgres://u:hunter2@127.0.0.1:${port}/x`)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'unreachable',
      message:
        `PostgreSQL at 127.0.0.1:${port}/x cannot be used: connect ECONNREFUSED ` +
        `127.0.0.1:${port}. Start the server, or correct host and port`,
    });
  });
});

describe.skipIf(!postgres.available)(`the store on PostgreSQL${postgres.note}`, () => {
  let server: PostgresService;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it('makes its schema, and keeps what was written', async () => {
    const url = await server.createDatabase();
    const first = await open(url);
    expect(first.engine).toBe('postgres');
    expect(first.detail).toBe(`PostgreSQL at 127.0.0.1:${server.port}${new URL(url).pathname}`);
    await first.db.insert(settings).values({ key: 'kept', value: { a: 1 } });
    await close(first);
    const second = await open(url);
    expect(await second.db.select().from(settings)).toEqual([{ key: 'kept', value: { a: 1 } }]);
  });

  it('refuses a second control plane and names the first, until that is closed', async () => {
    const url = await server.createDatabase();
    const first = await open(url);
    await expect(open(url)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'locked',
      message: expect.stringMatching(
        new RegExp(
          `is in use by another Countersign control plane \\(countersign ${hostname()} ` +
            `${process.pid}, since \\d{4}-.*Z\\)\\. Stop that one first, or give this one a database`,
        ),
      ),
    });
    await open(url, { exclusive: false });
    await close(first);
    await open(url);
  });

  it('migrates once when a new database is opened several times at the same moment', async () => {
    const url = await server.createDatabase();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => open(url, { exclusive: false })),
    );
    const { rows } = await (opened[0] as Store).pool.query(
      `select count(*)::int as n, count(distinct hash)::int as different
       from countersign_migrations.applied`,
    );
    expect(rows).toEqual([{ n: 2, different: 2 }]);
  });

  it('looks up unqualified names in bullmq for the queue alone', async () => {
    const store = await open(await server.createDatabase());
    const paths = await Promise.all(
      [store.pool, store.queuePool].map((pool) => pool.query('show search_path')),
    );
    expect(paths.map(({ rows }) => rows[0].search_path)).toEqual(['"$user", public', 'bullmq']);
  });

  it('repeats no password, be it wrong or the database missing', async () => {
    const wrong = server.url.replace(server.password, 'hunter2');
    await expect(open(wrong)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^(?!.*hunter2).*Correct user and password$/),
    });
    await expect(open(server.url.replace(/postgres$/, 'nowhere'))).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(
        new RegExp(`^(?!.*${server.password}).*Create the database, or correct its name$`),
      ),
    });
  });

  it('says which right is missing', async () => {
    const url = new URL(await server.createDatabase());
    const name = url.pathname.slice(1);
    await server.sql(`create role r_${name} login password 'hunter2'`);
    url.username = `r_${name}`;
    url.password = 'hunter2';
    await expect(open(url.href)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/permission denied for database .*grant create on database/),
    });
  });

  it('refuses migrations of a later Countersign', async () => {
    const url = await server.createDatabase();
    const store = await open(url);
    await store.pool.query(
      "insert into countersign_migrations.applied (hash, created_at) values ('later', $1)",
      [Date.now() + 1e9],
    );
    await close(store);
    await expect(open(url)).rejects.toMatchObject({
      kind: 'newer',
      message: expect.stringContaining('made by a newer Countersign: upgrade Countersign'),
    });
    // The refusal freed the lock.
    await expect(open(url)).rejects.toMatchObject({ kind: 'newer' });
  });

  it('takes its lock again when only the connection was lost', async () => {
    const url = await server.createDatabase();
    const lines: string[] = [];
    let again = () => {};
    const back = new Promise<void>((resolve) => {
      again = resolve;
    });
    await open(url, {
      log: (line) => {
        lines.push(line);
        if (line.endsWith('connected again')) again();
      },
    });
    await killLock(new URL(url).pathname.slice(1));
    await back;
    await expect(open(url)).rejects.toMatchObject({ kind: 'locked' });
    expect(lines[0]).toMatch(/connection lost .*, trying again$/);
  });

  it('says so when another control plane took the lock meanwhile', async () => {
    const url = await server.createDatabase();
    let told = (_why: string) => {};
    const takenOver = new Promise<string>((resolve) => {
      told = resolve;
    });
    await open(url, { onTakenOver: (why) => told(why) });
    await killLock(new URL(url).pathname.slice(1));
    await open(url);
    expect(await takenOver).toContain('is in use by another Countersign control plane');
  });

  it('goes on, queue and all, after the server was restarted', { timeout: 60_000 }, async () => {
    const url = await server.createDatabase();
    const store = await open(url);
    const engine = { kind: 'postgres', pool: store.queuePool } as const;
    const queue = await openQueue({ engine, name: 'restart', log: () => undefined });
    const taken: string[] = [];
    let wake = () => {};
    await queue.consume(
      async (id) => {
        taken.push(id);
        wake();
      },
      { concurrency: 1 },
    );
    await queue.add([{ id: 'AAAAA', dueAtMs: Date.now() + 3_600_000 }]);
    await server.halt();
    await server.start();
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await untilItWorks(() => queue.release(['AAAAA']));
    await awake;
    expect(taken).toEqual(['AAAAA']);
    expect(await untilItWorks(() => store.db.select().from(settings))).toEqual([]);
    await queue.close();
  });

  async function killLock(database: string): Promise<void> {
    await server.sql(
      `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = '${database}'`,
    );
  }
});

/** Tries again: a pooled connection may have to be found broken first. */
async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
