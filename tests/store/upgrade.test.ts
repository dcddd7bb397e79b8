// A database of the first version, with its data, under this one: made by the first migration
// itself, then opened. Every migration that was ever released stays as it was.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/bus/action.ts';
import { createStoreLedger } from '../../src/interlock/store-ledger.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { makeDataDir, requireService, startPostgres } from '../services.ts';
import { recordKey } from '../simulation/keys.ts';

const FIRST = readFileSync(
  join(import.meta.dirname, '../../src/store/migrations/0000_initial.sql'),
  'utf8',
);
/** When the first migration was made: by this drizzle knows what is to be applied still. */
const FIRST_AT = 1_795_206_959_055;

const JUDGEMENT = {
  effect: 'allow',
  approvals: 1,
  understood: true,
  commands: [],
  reasons: [],
  warnings: [],
  findings: [],
  policyVersion: 'v1',
};

const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function opened(place: Parameters<typeof openStore>[0]): Promise<Store> {
  return openStore(place, { log: () => undefined });
}

/** Puts the first version's schema in place of this one's, with an approval as it wrote them. */
async function takeBack(pool: pg.Pool): Promise<void> {
  await pool.query('drop schema countersign cascade');
  await pool.query('delete from countersign_migrations.applied');
  for (const statement of FIRST.split('--> statement-breakpoint')) await pool.query(statement);
  await pool.query(
    'insert into countersign_migrations.applied (hash, created_at) values ($1, $2)',
    [sha256Hex(FIRST), FIRST_AT],
  );
  const action =
    '{"argv":["true"],"cwd":"/","env":{},"kind":"exec","sandbox":"strict","stdinDigest":null}';
  await pool.query(
    `insert into countersign.approvals (id, action, digest, requester, judgement, state, version,
       created_at, expires_at, votes_needed, votes)
     values ('ABCDE', $1, $2, 'local:1', $3, 'approved', 1, 1, 2, 1, '[]')`,
    [action, sha256Hex(action), JSON.stringify(JUDGEMENT)],
  );
  await pool.query(`insert into countersign.settings values ('instance', '"kept"')`);
}

async function isKept(store: Store): Promise<void> {
  const ledger = createStoreLedger(store.db, recordKey);
  expect(await ledger.get('ABCDE')).toMatchObject({
    state: 'approved',
    judgement: { ...JUDGEMENT, used: [] },
  });
  expect(await ledger.grants()).toEqual([]);
  expect(await ledger.ruleUses()).toEqual(new Map());
  expect(await ledger.lastChange()).toBeNull();
  const { rows } = await store.pool.query('select value from countersign.settings');
  expect(rows).toEqual([{ value: 'kept' }]);
}

describe('a database of the first version', () => {
  it('is brought up with its data, in the folder', { timeout: 90_000 }, async () => {
    const dataDir = await makeDataDir();
    undo.push(() => rm(dataDir, { recursive: true, force: true }));
    const place = { kind: 'folder', dataDir } as const;
    const before = await opened(place);
    await takeBack(before.pool);
    await before.close();
    const store = await opened(place);
    undo.push(() => store.close());
    await isKept(store);
  });

  const { available, note } = requireService('postgres');
  it.skipIf(!available)(`is brought up with its data, on a server${note}`, async () => {
    const server = await startPostgres();
    undo.push(() => server.stop());
    const place = { kind: 'postgres', url: await server.createDatabase() } as const;
    const before = await opened(place);
    await takeBack(before.pool);
    await before.close();
    const store = await opened(place);
    undo.push(() => store.close());
    await isKept(store);
  });
});
