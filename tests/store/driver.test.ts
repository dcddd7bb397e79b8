// The driver over PGlite is node-postgres in every respect that drizzle, BullMQ and raw queries
// rely on: the same questions get the same answers from PGlite and from a PostgreSQL server.
import { rm } from 'node:fs/promises';
import { eq, sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueue } from '../../src/queue/bullmq.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { settings } from '../../src/store/schema.ts';
import { makeDataDir, requireService, startPostgres } from '../services.ts';

const postgres = requireService('postgres');
const log = () => undefined;

async function onPglite() {
  const dataDir = await makeDataDir();
  const store = await openStore({ kind: 'folder', dataDir }, { log });
  return { store, stop: () => rm(dataDir, { recursive: true, force: true }) };
}

async function onPostgres() {
  const server = await startPostgres();
  const url = await server.createDatabase();
  return { store: await openStore({ kind: 'postgres', url }, { log }), stop: () => server.stop() };
}

const ENGINES = [
  { title: 'PGlite', available: true, start: onPglite },
  { title: `PostgreSQL${postgres.note}`, available: postgres.available, start: onPostgres },
];

for (const { title, available, start } of ENGINES) {
  describe.skipIf(!available)(`the driver on ${title}`, () => {
    let store: Store;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      ({ store, stop } = await start());
    });
    afterAll(async () => {
      await store?.close();
      await stop?.();
    });

    it('returns every type as node-postgres does', async () => {
      const { rows, rowCount, command, fields } = await store.pool.query(
        `select 1::int as i, 9007199254740993::bigint as big, 1.5::float8 as f, 1.10::numeric as n,
                true as yes, null as nothing, 'tëxt' as t, '{"a":[1,null]}'::jsonb as j,
                '\\x00ff'::bytea as bytes, array['a', null, 'b,c'] as list, array[1, 2] as ints,
                '2026-01-02T03:04:05.678Z'::timestamptz as at`,
      );
      expect({ rows, rowCount, command, names: fields.map(({ name }) => name) }).toEqual({
        rows: [
          {
            i: 1,
            big: '9007199254740993',
            f: 1.5,
            n: '1.10',
            yes: true,
            nothing: null,
            t: 'tëxt',
            j: { a: [1, null] },
            bytes: Buffer.from([0, 255]),
            list: ['a', null, 'b,c'],
            ints: [1, 2],
            at: new Date('2026-01-02T03:04:05.678Z'),
          },
        ],
        rowCount: 1,
        command: 'SELECT',
        names: ['i', 'big', 'f', 'n', 'yes', 'nothing', 't', 'j', 'bytes', 'list', 'ints', 'at'],
      });
    });

    it('takes every type as a parameter as node-postgres does', async () => {
      const values = [
        7,
        'tëxt',
        null,
        true,
        Buffer.from([0, 255]),
        ['a', 'b,c'],
        { a: 1 },
        new Date('2026-01-02T03:04:05.678Z'),
      ];
      const { rows } = await store.pool.query({
        text: `select $1::int as a, $2::text as b, $3::text as c, $4::bool as d, $5::bytea as e,
                      $6::text[] as f, $7::jsonb as g, $8::timestamptz as h`,
        values,
        rowMode: 'array',
      });
      expect(rows).toEqual([values]);
    });

    it('runs several statements at once and returns the result of each', async () => {
      const results = (await store.pool.query('select 1 as a; select 2 as b')) as unknown;
      expect((results as pg.QueryResult[]).map(({ rows }) => rows)).toEqual([
        [{ a: 1 }],
        [{ b: 2 }],
      ]);
    });

    it('prepares named statements that any client may use', async () => {
      const query = { name: 'twice', text: 'select $1::int * 2 as n' };
      const answers = await Promise.all(
        [1, 2, 3].map((n) => store.pool.query({ ...query, values: [n] })),
      );
      expect(answers.map(({ rows }) => rows[0].n)).toEqual([2, 4, 6]);
    });

    it('says what went wrong with the code of PostgreSQL, and goes on', async () => {
      await expect(store.pool.query('select nothing')).rejects.toMatchObject({
        code: '42703',
        message: 'column "nothing" does not exist',
      });
      await store.pool.query("insert into countersign.settings values ('once', '1')");
      await expect(
        store.pool.query('insert into countersign.settings values ($1, $2)', ['once', '1']),
      ).rejects.toMatchObject({ code: '23505', constraint: 'settings_pkey' });
      expect((await store.pool.query('select 1 as a')).rows).toEqual([{ a: 1 }]);
    });

    it('counts the rows that a statement changed', async () => {
      const text = "update countersign.settings set value = '2' where key = $1";
      expect((await store.pool.query(text, ['once'])).rowCount).toBe(1);
      expect((await store.pool.query(text, ['never'])).rowCount).toBe(0);
    });

    it('shows nobody what a transaction has not committed', async () => {
      const client = await store.pool.connect();
      await client.query('begin');
      await client.query("insert into countersign.settings values ('half', '1')");
      const others = store.pool.query("select key from countersign.settings where key = 'half'");
      await client.query('rollback');
      client.release();
      expect((await others).rows).toEqual([]);
    });

    it('ends the transaction of a client whose query broke in the middle', async () => {
      const failed = store.db.transaction(async (tx) => {
        await tx.insert(settings).values({ key: 'broken', value: 1 });
        await tx.execute(sql`select nothing`);
      });
      await expect(failed).rejects.toThrow();
      expect(await store.db.select().from(settings).where(eq(settings.key, 'broken'))).toEqual([]);
    });

    it('delivers notifications to who listens', async () => {
      const listener = await store.pool.connect();
      const heard = new Promise((resolve) => {
        listener.on('notification', ({ channel, payload }) => resolve({ channel, payload }));
      });
      await listener.query('-- as BullMQ writes it\nlisten test_channel');
      await store.pool.query('select pg_notify($1, $2)', ['test_channel', 'hello']);
      expect(await heard).toEqual({ channel: 'test_channel', payload: 'hello' });
      listener.release(true);
    });

    it('carries 200 drizzle transactions, every seventh rolled back, beside 200 jobs', async () => {
      const engine = { kind: 'postgres', pool: store.queuePool } as const;
      const queue = await openQueue({ engine, name: 'beside', log });
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      const taken: string[] = [];
      let done = () => {};
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const take = async (id: string) => {
        taken.push(id);
        if (taken.length === 200) done();
      };
      await queue.consume(take, { concurrency: 4 });
      const jobs = numbers.map((n) => queue.add([{ id: `J${1000 + n}`, dueAtMs: null }]));
      const transactions = numbers.map((n) =>
        store.db.transaction(async (tx) => {
          await tx.insert(settings).values({ key: `tx-${n}`, value: n });
          await tx
            .update(settings)
            .set({ value: n + 1 })
            .where(eq(settings.key, `tx-${n}`));
          if (n % 7 === 0) tx.rollback();
        }),
      );
      const outcomes = await Promise.allSettled(transactions);
      await Promise.all(jobs);
      await all;
      await queue.close();
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(29);
      const kept = numbers.filter((n) => n % 7 !== 0).map((n) => ({ n: n + 1 }));
      const { rows } = await store.pool.query(
        "select value::int as n from countersign.settings where key like 'tx-%' order by 1",
      );
      expect(rows).toEqual(kept);
      expect([...taken].sort()).toEqual(numbers.map((n) => `J${1000 + n}`));
    });
  });
}

describe('the driver on PGlite alone', () => {
  it('rolls back for a client that is given back in the middle of a transaction', async () => {
    const { store, stop } = await onPglite();
    const client = await store.pool.connect();
    await client.query('begin');
    await client.query("insert into countersign.settings values ('forgotten', '1')");
    client.release();
    const { rows } = await store.pool.query(
      "select key from countersign.settings where key = 'forgotten'",
    );
    expect(rows).toEqual([]);
    await store.close();
    await stop();
  });
});
