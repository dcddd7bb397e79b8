// What a PostgreSQL server does by itself and PGlite does not, having no processes besides the
// one: checkpoints, without which the write-ahead log grows for ever, and vacuum, without which
// every updated or deleted row stays on disk.
import type pg from 'pg';
import { errorLine } from './errors.ts';

const LOOK_MS = 30_000;
/** Written since the last round: enough to be worth one. A round then takes well under a second. */
const WORTH_BYTES = 32 * 1024 * 1024;

export interface Maintenance {
  /** One round now, whatever was written. */
  run(): Promise<void>;
  stop(): void;
}

/** Looks every half minute and tidies up once enough was written. */
export function maintain(pool: pg.Pool, options: { log: (line: string) => void }): Maintenance {
  let since = '0/0';
  let underWay = false;

  const run = async () => {
    await pool.query('vacuum (analyze)');
    await pool.query('checkpoint');
    const { rows } = await pool.query('select pg_current_wal_lsn()::text as lsn');
    since = rows[0]?.lsn;
  };
  const look = async () => {
    if (underWay) return;
    underWay = true;
    try {
      const { rows } = await pool.query(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)::float8 as bytes',
        [since],
      );
      if (rows[0]?.bytes > WORTH_BYTES) await run();
    } catch (error) {
      options.log(`tidying up the embedded database failed: ${errorLine(error)}`);
    } finally {
      underWay = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return { run, stop: () => clearInterval(timer) };
}
