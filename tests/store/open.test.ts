// Opening the embedded store: new, again, after a crash, damaged, from a later version.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/open.ts';
import { POSTGRES_MAJOR } from '../../src/store/pglite.ts';
import { settings } from '../../src/store/schema.ts';
import { makeDataDir } from '../services.ts';

const folders: string[] = [];
let lines: string[];
const stores: Store[] = [];

beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-open-'));
  folders.push(folder);
  return folder;
}

async function madeFolder(): Promise<string> {
  const folder = await makeDataDir();
  folders.push(folder);
  return folder;
}

async function open(dataDir: string): Promise<Store> {
  const store = await openStore({ kind: 'folder', dataDir }, { log: (line) => lines.push(line) });
  stores.push(store);
  return store;
}

async function close(store: Store): Promise<void> {
  stores.splice(stores.indexOf(store), 1);
  await store.close();
}

/** What lies in a folder, to see that nothing was changed. */
async function contents(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  // The lock is ours; pg_internal.init is a cache that PostgreSQL makes anew.
  return names.filter((name) => !/^lock|pg_internal\.init$/.test(name)).sort();
}

it('makes a store where there is none, and keeps what was written', {
  timeout: 90_000,
}, async () => {
  const dataDir = join(await emptyFolder(), 'data');
  const first = await open(dataDir);
  expect(first.engine).toBe('pglite');
  expect(first.detail).toBe(`embedded database (PGlite) in ${dataDir}/db`);
  expect(lines).toEqual([`making a new embedded database in ${dataDir}/db`]);
  await first.db.insert(settings).values({ key: 'kept', value: { a: 1 } });
  await close(first);
  expect((await readdir(dataDir)).sort()).toEqual(['db']);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  const second = await open(dataDir);
  expect(await second.db.select().from(settings)).toEqual([{ key: 'kept', value: { a: 1 } }]);
});

it('has the PostgreSQL that a data folder is checked against', async () => {
  const store = await open(await madeFolder());
  const { rows } = await store.pool.query("select current_setting('server_version_num')::int as n");
  expect(Math.floor(rows[0].n / 10_000)).toBe(POSTGRES_MAJOR);
});

it('sweeps away what an interrupted creation left', { timeout: 90_000 }, async () => {
  const dataDir = await emptyFolder();
  await mkdir(join(dataDir, 'db.new-a1B2c3', 'db', 'base'), { recursive: true });
  await writeFile(join(dataDir, 'db.new-a1B2c3', 'db', 'PG_VERSION'), '18\n');
  await close(await open(dataDir));
  expect(await readdir(dataDir)).toEqual(['db']);
});

it('loses nothing acknowledged to kill -9', { timeout: 90_000 }, async () => {
  const dataDir = await madeFolder();
  for (const round of [1, 2]) {
    const file = join(import.meta.dirname, 'writer.ts');
    const writer = spawn(process.execPath, ['--import', 'tsx', file, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let acknowledged = -1;
    const lines = createInterface({ input: writer.stdout });
    lines.on('line', (line) => {
      acknowledged = Number(line);
      if (acknowledged === 100 * round) writer.kill('SIGKILL');
    });
    await Promise.all([once(writer, 'exit'), once(lines, 'close')]);
    const store = await open(dataDir);
    const { rows } = await store.pool.query(
      "select count(*)::int as n from countersign.settings where value::int <= $1 and key like 'w-%'",
      [acknowledged],
    );
    expect(rows).toEqual([{ n: acknowledged + 1 }]);
    await store.pool.query('delete from countersign.settings');
    await close(store);
  }
});

it('refuses a second process and says who has it', async () => {
  const dataDir = await madeFolder();
  await open(dataDir);
  await expect(open(dataDir)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'locked',
    message: expect.stringContaining(`is in use by process ${process.pid} on `),
  });
});

it('refuses a file where the database should be, and leaves it', async () => {
  const dataDir = await emptyFolder();
  await writeFile(join(dataDir, 'db'), 'mine');
  await expect(open(dataDir)).rejects.toMatchObject({
    kind: 'unreadable',
    message: `${dataDir}/db is in the way: it must be a folder, the embedded database. Move it aside`,
  });
  expect(await readFile(join(dataDir, 'db'), 'utf8')).toBe('mine');
  expect(await readdir(dataDir)).toEqual(['db']);
});

it('calls a folder without PG_VERSION damaged rather than making a new database in it', async () => {
  const dataDir = await madeFolder();
  await rm(join(dataDir, 'db', 'PG_VERSION'));
  const before = await contents(dataDir);
  await expect(open(dataDir)).rejects.toMatchObject({
    kind: 'damaged',
    message: expect.stringMatching(/PG_VERSION cannot be read .* Nothing was deleted\. Restore a/),
  });
  expect(await contents(dataDir)).toEqual(before);
});

it.each(['global/pg_control', 'base/5/pg_filenode.map', 'pg_xact/0000'])(
  'calls a database with a broken %s damaged, and deletes nothing',
  async (file) => {
    const dataDir = await madeFolder();
    await truncate(join(dataDir, 'db', file), 0);
    const before = await contents(dataDir);
    await expect(open(dataDir)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'damaged',
      message: expect.stringMatching(
        /does not (open|work) .*Restore a backup into an empty data folder/,
      ),
    });
    expect(await contents(dataDir)).toEqual(expect.arrayContaining(before));
  },
);

it('refuses a database of a later PostgreSQL', async () => {
  const dataDir = await madeFolder();
  await writeFile(join(dataDir, 'db', 'PG_VERSION'), '19\n');
  await expect(open(dataDir)).rejects.toMatchObject({
    kind: 'newer',
    message: expect.stringContaining(
      'was made by a newer Countersign (PostgreSQL 19, this one has 18)',
    ),
  });
});

it('refuses a database with migrations of a later Countersign, and changes nothing', async () => {
  const dataDir = await madeFolder();
  const store = await open(dataDir);
  await store.pool.query(
    "insert into countersign_migrations.applied (hash, created_at) values ('later', $1)",
    [Date.now() + 1e9],
  );
  await close(store);
  await expect(open(dataDir)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'newer',
    message:
      `${dataDir}/db: this database was made by a newer Countersign: upgrade Countersign, or ` +
      'choose another data folder or database. Nothing was changed',
  });
});

it('refuses a database whose migrations were never released', async () => {
  const dataDir = await madeFolder();
  const store = await open(dataDir);
  await store.pool.query("update countersign_migrations.applied set hash = 'a draft'");
  await close(store);
  await expect(open(dataDir)).rejects.toMatchObject({ kind: 'damaged' });
});

it('keeps the write-ahead log small, which PGlite does not do itself', async () => {
  const dataDir = await madeFolder();
  const store = await open(dataDir);
  await store.pool.query('create table public.filler (t text)');
  const { maintain } = await import('../../src/store/maintenance.ts');
  const maintenance = maintain(store.pool, { log: (line) => lines.push(line) });
  for (let round = 0; round < 4; round += 1) {
    await store.pool.query(
      "insert into public.filler select repeat('x', 1000) from generate_series(1, 30000)",
    );
    await store.pool.query('delete from public.filler');
    await maintenance.run();
  }
  maintenance.stop();
  const size = async (sub: string) => {
    const files = await readdir(join(dataDir, 'db', sub), { recursive: true });
    const sizes = files.map(async (file) => (await stat(join(dataDir, 'db', sub, file))).size);
    return (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0) / 1024 ** 2;
  };
  expect(await size('pg_wal')).toBeLessThanOrEqual(100);
  expect(await size('base')).toBeLessThan(100);
  expect(lines).toEqual([]);
});
