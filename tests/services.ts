// Real services for tests: Redis, PostgreSQL and a ready-made embedded database, each in a folder
// of its own on a random port. They end with `stop()`, and with the test process if it is killed.
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'vitest';
import { openQueue } from '../src/queue/bullmq.ts';
import { openStore } from '../src/store/open.ts';

const START_TIMEOUT_MS = 30_000;

export interface Availability {
  readonly available: boolean;
  /** What is missing and how to get it; empty when nothing is. */
  readonly reason: string;
  /** For the title of a suite: ` (skipped: ...)` or empty. */
  readonly note: string;
}

/**
 * Whether a service can be had here: `describe.skipIf(!redis.available)('... ' + redis.note, ...)`.
 * Under CI=true a missing service is a failing test instead of a skipped one.
 */
export function requireService(name: 'redis' | 'postgres' | 'bubblewrap'): Availability {
  const reason = { redis: whyNoRedis, postgres: whyNoPostgres, bubblewrap: whyNoBubblewrap }[
    name
  ]();
  if (reason !== '' && process.env['CI'] === 'true') {
    test(`${name} is here`, () => {
      throw new Error(reason);
    });
  }
  const available = reason === '';
  return { available, reason, note: available ? '' : ` (skipped: ${reason})` };
}

function whyNoRedis(): string {
  const { error } = spawnSync('redis-server', ['--version']);
  return error === undefined ? '' : 'redis-server is not installed: apt-get install redis-server';
}

function whyNoPostgres(): string {
  return postgresBinaries() === null
    ? 'the PostgreSQL server is not installed: apt-get install postgresql'
    : '';
}

function whyNoBubblewrap(): string {
  const run = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-all', 'true']);
  if (run.error !== undefined) return 'bwrap is not installed: apt-get install bubblewrap';
  return run.status === 0 ? '' : `bwrap does not work here: ${String(run.stderr).trim()}`;
}

export interface RedisService {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** redis-cli against this server. */
  cli(...args: string[]): Promise<string>;
  /** Ends the server; with `start` it comes back on the same port, empty unless it was saved. */
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis on loopback. `settings` are those of redis.conf: `{ 'maxmemory-policy': ... }`. */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisService> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-redis-'));
  const port = await freePort();
  const args = Object.entries({
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  }).flatMap(([key, value]) => [`--${key}`, value]);
  let server: ChildProcess | null = null;
  const redis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server?.pid ?? 0;
    },
    async cli(...words: string[]) {
      const all = ['-p', String(port), ...words];
      return (await promisify(execFile)('redis-cli', all)).stdout.trim();
    },
    async halt() {
      await end(server, 'SIGKILL');
      server = null;
    },
    async start() {
      server = launch('redis-server', args, {});
      await said(server, /Ready to accept connections/);
    },
    async stop() {
      await redis.halt();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

export interface PostgresService {
  /** The database `postgres`, as a superuser. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly password: string;
  /** A new, empty database; returns its address. */
  createDatabase(): Promise<string>;
  /** One statement on the database `postgres`. */
  sql(statement: string): Promise<string>;
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL on loopback, with a password, as an unprivileged user when we are root. */
export async function startPostgres(): Promise<PostgresService> {
  const binaries = postgresBinaries();
  if (binaries === null) throw new Error(whyNoPostgres());
  const user = unprivileged();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-postgres-'));
  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), password);
  if (user !== null) {
    await chown(folder, user.uid, user.gid);
    await chown(join(folder, 'password'), user.uid, user.gid);
  }
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '--pwfile', join(folder, 'password'), '--no-sync'];
  execFileSync(
    join(binaries, 'initdb'),
    [...initdb, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder, ...user },
  );
  const port = await freePort();
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'unix_socket_directories=',
    'max_connections=200',
  ];
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1'];
  const address = (database: string) =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | null = null;
  const postgres = {
    url: address('postgres'),
    port,
    password,
    get pid() {
      return server?.pid ?? 0;
    },
    async createDatabase() {
      const name = `t${randomBytes(6).toString('hex')}`;
      await postgres.sql(`create database ${name}`);
      return address(name);
    },
    async sql(statement: string) {
      const psql = [postgres.url, '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-c', statement];
      return (await promisify(execFile)(join(binaries, 'psql'), psql)).stdout.trim();
    },
    async halt() {
      await end(server, 'SIGINT');
      server = null;
    },
    async start() {
      const options = settings.flatMap((setting) => ['-c', setting]);
      server = launch(join(binaries, 'postgres'), [...args, ...options], { cwd: folder, ...user });
      await said(server, /database system is ready to accept connections/);
    },
    async stop() {
      await postgres.halt();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

/**
 * A new data folder with an embedded database (and BullMQ's tables) in it, copied from one made
 * earlier: creating one takes seconds, copying it a fraction. The caller removes the folder.
 */
export async function makeDataDir(): Promise<string> {
  const template = await embeddedTemplate();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-data-'));
  // Several times faster than fs.cp for a thousand files.
  await promisify(execFile)('cp', ['-a', join(template, 'db'), join(folder, 'db')]);
  return folder;
}

async function embeddedTemplate(): Promise<string> {
  const root = join(import.meta.dirname, '..');
  const facts = [
    'node_modules/@electric-sql/pglite/package.json',
    'src/store/migrations/meta/_journal.json',
    'node_modules/bullmq/package.json',
    'src/store/pglite.ts',
  ].map((file) => readFileSync(join(root, file), 'utf8'));
  facts.push(String(process.getuid?.() ?? 0));
  const name = createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
  const template = join(tmpdir(), `countersign-template-${name}`);
  if (existsSync(template)) return template;
  const making = await mkdtemp(`${template}-`);
  await chmod(making, 0o700);
  const log = () => undefined;
  const store = await openStore({ kind: 'folder', dataDir: making }, { log });
  const engine = { kind: 'postgres', pool: store.queuePool } as const;
  await (await openQueue({ engine, name: 'template', log })).close();
  await store.close();
  try {
    await rename(making, template);
  } catch {
    // Another test process was faster.
    await rm(making, { recursive: true, force: true });
  }
  return template;
}

function postgresBinaries(): string | null {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return null;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  const found = versions.map((version) => join(root, version, 'bin'));
  return found.find((bin) => existsSync(join(bin, 'initdb'))) ?? null;
}

function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = users.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no other user here');
}

function launch(
  program: string,
  args: readonly string[],
  options: { cwd?: string; uid?: number; gid?: number },
): ChildProcess {
  // The kernel ends it with us, however we end; without setpriv an exit handler must do.
  const setpriv = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  const command = setpriv ? ['setpriv', '--pdeathsig', 'KILL', program] : [program];
  const child = spawn(command[0] ?? program, [...command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Resolves when the process has said this; rejects with all it said when it ends first. */
function said(child: ChildProcess, expected: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => fail('it did not get ready in time'), START_TIMEOUT_MS);
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${child.spawnargs.join(' ')}: ${why}\n${text}`));
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (part: string) => {
        text = (text + part).slice(-10_000);
        if (!expected.test(text)) return;
        clearTimeout(timer);
        resolve();
      });
    }
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? code}`));
  });
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
