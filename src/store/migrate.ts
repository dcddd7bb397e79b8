// Brings a database up to this version's schema, and refuses one that is from a later version.
// The SQL in migrations/ is generated from schema.ts (npm run db:generate); nothing is written by
// hand, and nothing is ever migrated down.
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { StoreError } from './errors.ts';

const MIGRATIONS = {
  migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)),
  // Not drizzle's default schema: a database may be shared with another program that uses it.
  migrationsSchema: 'countersign_migrations',
  migrationsTable: 'applied',
};

/** "CSGN" and "MIGR": one migration at a time in one database. */
const LOCK_KEYS = [0x4353474e, 0x4d494752] as const;

/** Applies what is missing. The client must be one session, checked out for this alone. */
export async function migrate(client: pg.ClientBase): Promise<void> {
  await client.query('select pg_advisory_lock($1, $2)', [...LOCK_KEYS]);
  try {
    await refuseUnknown(client);
    await applyMigrations(drizzle(client as pg.Client), MIGRATIONS);
  } finally {
    await client.query('select pg_advisory_unlock($1, $2)', [...LOCK_KEYS]);
  }
}

async function refuseUnknown(client: pg.ClientBase): Promise<void> {
  const table = `${MIGRATIONS.migrationsSchema}.${MIGRATIONS.migrationsTable}`;
  const found = await client.query('select to_regclass($1) is not null as found', [table]);
  if (found.rows[0]?.found !== true) return;
  const ours = readMigrationFiles(MIGRATIONS);
  const known = new Set(ours.map((migration) => migration.hash));
  const newest = Math.max(...ours.map((migration) => migration.folderMillis));
  const applied = await client.query(`select hash, created_at from ${table}`);
  for (const row of applied.rows) {
    if (known.has(row.hash)) continue;
    if (Number(row.created_at) > newest) {
      throw new StoreError(
        'newer',
        'this database was made by a newer Countersign: upgrade Countersign, or choose another ' +
          'data folder or database. Nothing was changed',
      );
    }
    throw new StoreError(
      'damaged',
      'this database was made by a Countersign that was never released: its schema is not a step ' +
        'of this one. Use the version that made it, or an empty data folder or database. Nothing ' +
        'was changed',
    );
  }
}
