// Opens the store: PGlite in a folder or a PostgreSQL, locked against a second control plane,
// migrated, behind one driver. It knows no table by name.
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Database } from './database.ts';
import { errorLine, StoreError } from './errors.ts';
import { prepareDataFolder } from './folder.ts';
import { lockFolder } from './lock.ts';
import { type Maintenance, maintain } from './maintenance.ts';
import { migrate } from './migrate.ts';
import { damaged, openPglite } from './pglite.ts';
import { openPglitePool } from './pglite-pool.ts';
import { openPostgres } from './postgres.ts';
import * as schema from './schema.ts';

/** Where the truth is kept. */
export type StorePlace =
  | { readonly kind: 'folder'; readonly dataDir: string }
  | { readonly kind: 'postgres'; readonly url: string };

export interface StoreOptions {
  readonly log: (line: string) => void;
  /** PostgreSQL: refuse a second control plane on the same database. True unless given. */
  readonly exclusive?: boolean;
  /** PostgreSQL: another control plane took over while the connection was lost. Stop. */
  readonly onTakenOver?: (why: string) => void;
}

/** The open store. Use `db`; the pools are for the queue and for raw queries. */
export interface Store {
  readonly db: Database;
  readonly pool: pg.Pool;
  /** For BullMQ: unqualified names are looked up in the schema `bullmq`. */
  readonly queuePool: pg.Pool;
  readonly engine: 'pglite' | 'postgres';
  /** One line for people: which database, where. */
  readonly detail: string;
  /** Close the queue first: it holds clients of these pools. */
  close(): Promise<void>;
}

/** Opens the store, or throws a StoreError that says what to do. */
export async function openStore(where: StorePlace, options: StoreOptions): Promise<Store> {
  if (where.kind === 'folder') return openFolder(where.dataDir, options);
  const server = await openPostgres(where.url, options);
  try {
    await migrateOn(
      server.pool,
      server.detail,
      (why) =>
        new StoreError(
          'unreachable',
          `${server.detail}: the schema cannot be made or brought up to date: ${why}. The user ` +
            'needs the right to create schemas (grant create on database)',
        ),
    );
  } catch (error) {
    await server.close();
    throw error;
  }
  const db = drizzle(server.pool, { schema });
  return { db, engine: 'postgres', ...server };
}

async function openFolder(dataDir: string, options: StoreOptions): Promise<Store> {
  await prepareDataFolder(dataDir, options);
  const lock = await lockFolder(dataDir);
  try {
    const folder = join(dataDir, 'db');
    const pglite = await openPglite(folder, options);
    const pool = openPglitePool(pglite);
    // An idle client that dies says so here; the next query says it to somebody who can act.
    pool.on('error', (error) => options.log(`the embedded database: ${error.message}`));
    let maintenance: Maintenance | null = null;
    const close = async () => {
      maintenance?.stop();
      await endPool(pool, options);
      await pglite.close();
      await lock.release();
    };
    try {
      await migrateOn(pool, folder, (why) => damaged(folder, `does not work (${why})`));
      // One session for all: BullMQ needs its schema found, Countersign's names are qualified.
      await pool.query('set search_path to bullmq');
      maintenance = maintain(pool, options);
    } catch (error) {
      await close();
      throw error;
    }
    const db = drizzle(pool, { schema });
    const detail = `embedded database (PGlite) in ${folder}`;
    return { db, pool, queuePool: pool, engine: 'pglite', detail, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function migrateOn(
  pool: pg.Pool,
  place: string,
  failed: (why: string) => StoreError,
): Promise<void> {
  const client = await pool.connect();
  try {
    await migrate(client);
  } catch (error) {
    if (!(error instanceof StoreError)) throw failed(errorLine(causeOf(error)));
    throw new StoreError(error.kind, `${place}: ${error.message}`);
  } finally {
    client.release();
  }
}

/** drizzle says which query failed and hides behind it why. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** Somebody may have forgotten to give a client back: that must not keep the program alive. */
const POOL_END_MS = 5000;

async function endPool(pool: pg.Pool, options: StoreOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), POOL_END_MS);
  });
  const ended = await Promise.race([pool.end(), patience]);
  clearTimeout(timer);
  if (ended === 'late') options.log('the store was closed while something still used it');
}
