// Opens the embedded database in a folder, and makes one where there is none: in a process of its
// own (initdb needs 760 MB once) and under a temporary name, so that a crash leaves nothing
// half-made. It never deletes or repairs a database.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { errorCode, errorLine, StoreError } from './errors.ts';

/** The PostgreSQL inside PGlite, as PG_VERSION in a data folder names it. */
export const POSTGRES_MAJOR = 18;

const SETTINGS = [
  // Without this and `initialMemory` PGlite takes 311 to 870 MB; with them about 175 MB.
  'shared_buffers=16MB',
  // Nobody replicates it, and used-up log files would otherwise be kept up to a gigabyte.
  'wal_level=minimal',
  'max_wal_senders=0',
  'min_wal_size=32MB',
  'max_wal_size=64MB',
];

/** How every embedded database is opened. */
export const PGLITE_OPTIONS = {
  initialMemory: 128 * 1024 * 1024,
  startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ['-c', setting])],
};

/** Opens the database in `folder`, creating it first where there is none. */
export async function openPglite(
  folder: string,
  options: { log: (line: string) => void },
): Promise<PGlite> {
  await sweepHalfMade(folder);
  if (!(await exists(folder))) {
    options.log(`making a new embedded database in ${folder}`);
    await createDatabase(folder);
  }
  await checkVersion(folder);
  try {
    return await PGlite.create(folder, PGLITE_OPTIONS);
  } catch (error) {
    throw damaged(folder, `does not open (${errorLine(error)})`);
  }
}

/** The database in `folder` is broken: what that looks like, and what to do. */
export function damaged(folder: string, how: string): StoreError {
  return new StoreError(
    'damaged',
    `the embedded database in ${folder} ${how}. Nothing was deleted. Restore a backup into an ` +
      'empty data folder, or move this folder aside to start anew',
  );
}

async function exists(folder: string): Promise<boolean> {
  try {
    if ((await stat(folder)).isDirectory()) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StoreError('unreadable', `cannot look at ${folder}: ${errorLine(error)}`);
  }
  throw new StoreError(
    'unreadable',
    `${folder} is in the way: it must be a folder, the embedded database. Move it aside`,
  );
}

async function checkVersion(folder: string): Promise<void> {
  let text: string;
  try {
    text = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    throw damaged(folder, `is none, or broken: PG_VERSION cannot be read (${errorLine(error)})`);
  }
  if (text === String(POSTGRES_MAJOR)) return;
  if (Number(text) > POSTGRES_MAJOR) {
    throw new StoreError(
      'newer',
      `the database in ${folder} was made by a newer Countersign (PostgreSQL ${text}, this one ` +
        `has ${POSTGRES_MAJOR}): upgrade Countersign, or choose another data folder`,
    );
  }
  throw damaged(folder, `says it is of PostgreSQL "${text.slice(0, 20)}", not ${POSTGRES_MAJOR}`);
}

async function createDatabase(folder: string): Promise<void> {
  // A name of its own: when we are killed, the child is in initdb and writes on for seconds, and
  // the next start must not share a folder with it.
  const place = await mkdtemp(halfMade(folder));
  const making = join(place, 'db');
  try {
    await runCreation(making);
    await chmod(making, 0o700);
    await rename(making, folder);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function halfMade(folder: string): string {
  return `${folder}.new-`;
}

/** Removes what interrupted creations left; the data folder is locked, so they are nobody's. */
async function sweepHalfMade(folder: string): Promise<void> {
  const parent = dirname(folder);
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(basename(halfMade(folder)))) continue;
    // One whose child still writes stays until the next start.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function runCreation(folder: string): Promise<void> {
  // Beside this file: a .js in the built program, a .ts under the development tools, which need
  // their loader in the child as well.
  const typescript = import.meta.url.endsWith('.ts');
  const entry = new URL(`./pglite-create.${typescript ? 'ts' : 'js'}`, import.meta.url);
  const loader = typescript ? ['--import', developmentLoader()] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loader, fileURLToPath(entry), folder], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    // The child ends when this pipe does: it must not outlive us.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => reject(creationFailed(folder, errorLine(error))));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(creationFailed(folder, said.trim() || `ended with ${signal ?? code}`));
    });
  });
}

function developmentLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

function creationFailed(folder: string, why: string): StoreError {
  return new StoreError(
    'unreadable',
    `could not make the embedded database in ${folder}: ${why}. It needs about 50 MB on disk and, ` +
      'this once, 800 MB of memory',
  );
}
