// Opens a PostgreSQL server: one pool for Countersign, one for BullMQ, and one connection that
// holds the database against a second control plane. The password appears in no message.
import { hostname } from 'node:os';
import pg from 'pg';
import { errorCode, errorLine, StoreError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
const RETRY_MS = 1000;
const END_TIMEOUT_MS = 5000;
const MINIMUM_MAJOR = 14;

/** "CSGN" and "CTRL": held by the one control plane of a database. */
const LOCK_KEYS = [0x4353474e, 0x4354524c] as const;

export interface PostgresOptions {
  readonly log: (line: string) => void;
  readonly exclusive?: boolean;
  readonly onTakenOver?: (why: string) => void;
}

export interface PostgresServer {
  readonly pool: pg.Pool;
  readonly queuePool: pg.Pool;
  readonly detail: string;
  close(): Promise<void>;
}

/** Connects, checks the server and takes its lock; everything is undone when one of them fails. */
export async function openPostgres(url: string, options: PostgresOptions): Promise<PostgresServer> {
  const address = readUrl(url);
  const config: pg.ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    application_name: `countersign ${hostname()} ${process.pid}`,
  };
  const lock = new DatabaseLock(config, address, options);
  await lock.take();
  const pool = new pg.Pool({ ...config, max: 10 });
  // Every worker keeps one client to LISTEN, so this pool must be larger than their number.
  const queuePool = new pg.Pool({
    ...config,
    max: 10,
    async onConnect(client) {
      await client.query('set search_path to bullmq');
    },
  });
  // BullMQ adds one listener for each queue and worker.
  queuePool.setMaxListeners(0);
  let closed = false;
  const connected = new Set<pg.PoolClient>();
  for (const each of [pool, queuePool]) {
    each.on('error', (error) => {
      if (!closed) options.log(`${address.shown}: ${errorLine(error)}`);
    });
    each.on('connect', (client) => connected.add(client));
    each.on('remove', (client) => connected.delete(client));
  }
  return {
    pool,
    queuePool,
    detail: address.shown,
    async close() {
      closed = true;
      await endPools([pool, queuePool], connected, options);
      await lock.release();
    },
  };
}

/**
 * Ends the pools and waits until their connections are gone, which `end` does not. Somebody may
 * have forgotten to give a client back: that must not keep the program alive.
 */
async function endPools(
  pools: readonly pg.Pool[],
  connected: ReadonlySet<pg.PoolClient>,
  options: PostgresOptions,
): Promise<void> {
  const gone = new Promise<'gone'>((resolve) => {
    const look = () => {
      if (connected.size === 0) resolve('gone');
    };
    for (const pool of pools) pool.on('remove', () => process.nextTick(look));
    look();
  });
  for (const pool of pools) void pool.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), END_TIMEOUT_MS);
  });
  const ended = await Promise.race([gone, late]);
  clearTimeout(timer);
  if (ended === 'late') options.log('the store was closed while something still used it');
}

interface Address {
  /** For people: without user and password. */
  readonly shown: string;
  readonly password: string;
}

function readUrl(url: string): Address {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // The parser's own error would quote the text, password and all.
    throw badUrl();
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') throw badUrl();
  const host = parsed.host || parsed.searchParams.get('host') || 'localhost';
  const password = parsed.password || parsed.searchParams.get('password') || '';
  return { shown: `PostgreSQL at ${host}${parsed.pathname}`, password };
}

function badUrl(): StoreError {
  return new StoreError(
    'unreachable',
    'the database address is not one: write postgres://user:password@host:5432/database, with ' +
      'special characters of the password percent-encoded',
  );
}

function unreachable(address: Address, error: unknown): StoreError {
  const code = errorCode(error);
  const why = withoutPassword(errorLine(error), address.password);
  const advice: Record<string, string> = {
    ECONNREFUSED: 'Start the server, or correct host and port',
    ENOTFOUND: 'Correct the host name',
    '28P01': 'Correct user and password',
    '28000': 'Let this user in from here (pg_hba.conf)',
    '3D000': 'Create the database, or correct its name',
    '53300': 'The server has no connection left: raise max_connections',
  };
  const advised = (code === null ? undefined : advice[code]) ?? 'Check that it runs and lets us in';
  return new StoreError('unreachable', `${address.shown} cannot be used: ${why}. ${advised}`);
}

function withoutPassword(text: string, password: string): string {
  if (password === '') return text;
  return text.replaceAll(password, '…').replaceAll(decoded(password), '…');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A session lock on a connection of its own: the server frees it when this process is gone. When
 * the connection breaks it is taken again, unless somebody else was faster.
 */
class DatabaseLock {
  readonly #config: pg.ClientConfig;
  readonly #address: Address;
  readonly #options: PostgresOptions;
  #client: pg.Client | null = null;
  #retry: NodeJS.Timeout | undefined;
  #released = false;

  constructor(config: pg.ClientConfig, address: Address, options: PostgresOptions) {
    this.#config = config;
    this.#address = address;
    this.#options = options;
  }

  async take(): Promise<void> {
    const client = new pg.Client(this.#config);
    client.on('error', (error) => {
      if (this.#client === client) this.#lost(error);
    });
    try {
      await client.connect();
      await checkServer(client, this.#address);
      if (this.#options.exclusive !== false) await this.#lock(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error instanceof StoreError ? error : unreachable(this.#address, error);
    }
    if (this.#options.exclusive === false || this.#released) {
      await client.end();
      return;
    }
    this.#client = client;
  }

  async release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #lock(client: pg.Client): Promise<void> {
    const { rows } = await client.query('select pg_try_advisory_lock($1, $2) as got', [
      ...LOCK_KEYS,
    ]);
    if (rows[0]?.got === true) return;
    throw new StoreError(
      'locked',
      `${this.#address.shown} is in use by another Countersign control plane${await holder(client)}` +
        '. Stop that one first, or give this one a database of its own',
    );
  }

  #lost(error: Error): void {
    this.#client = null;
    if (this.#released) return;
    this.#options.log(
      `${this.#address.shown}: connection lost (${errorLine(error)}), trying again`,
    );
    this.#again();
  }

  #again(): void {
    this.#retry = setTimeout(() => {
      this.take().then(
        () => this.#options.log(`${this.#address.shown}: connected again`),
        (error: unknown) => {
          if (this.#released) return;
          if (error instanceof StoreError && error.kind === 'locked') {
            this.#options.onTakenOver?.(error.message);
          } else {
            this.#again();
          }
        },
      );
    }, RETRY_MS);
    this.#retry.unref();
  }
}

async function checkServer(client: pg.Client, address: Address): Promise<void> {
  const { rows } = await client.query(
    "select current_setting('server_version_num')::int / 10000 as major, pg_is_in_recovery() as replica",
  );
  const { major, replica } = rows[0] ?? {};
  if (major < MINIMUM_MAJOR) {
    throw new StoreError(
      'unreachable',
      `${address.shown} is version ${major}: PostgreSQL ${MINIMUM_MAJOR} or newer is needed`,
    );
  }
  if (replica === true) {
    throw new StoreError(
      'unreachable',
      `${address.shown} is a read-only replica: give the address of the primary`,
    );
  }
}

async function holder(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `select a.application_name as name, a.backend_start as since
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2
        and l.database = (select oid from pg_database where datname = current_database())`,
    [...LOCK_KEYS],
  );
  const row = rows[0];
  if (row === undefined) return '';
  return ` (${row.name}, since ${row.since.toISOString()})`;
}
