// Keeps a second process out of a data folder: PGlite itself takes no lock, and two processes
// would ruin it. The kernel holds the lock (a listening socket), so that kill -9 frees it and no
// two can win; the file `lock` only names the holder. Where there are no such sockets the file
// decides, by the process id and the moment that process started.
import { execFile } from 'node:child_process';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { errorCode, errorLine, StoreError } from './errors.ts';

const Holder = z.object({
  pid: z.number().int(),
  host: z.string(),
  /** When it took the lock, for people. */
  since: z.string(),
  /** The system's own mark of when the process began: tells it from a later one of the same id. */
  began: z.string().nullable(),
});
type Holder = z.infer<typeof Holder>;

export interface FolderLock {
  release(): Promise<void>;
}

/** Locks a folder that exists, or throws a StoreError that names who has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = join(folder, 'lock');
  const held =
    process.platform === 'linux'
      ? await lockBySockets(folder, file)
      : await lockByFile(folder, file);
  return {
    async release() {
      await rm(file, { force: true });
      await held.release();
    },
  };
}

async function lockBySockets(folder: string, file: string): Promise<FolderLock> {
  const { dev, ino } = await stat(folder, { bigint: true });
  // The abstract name is bound by one process of this network namespace, without a race.
  const name = `\0countersign/${dev}:${ino}`;
  const abstract = await listen(name);
  if (abstract === 'in use') throw await lockedError(folder, file);
  if (abstract === null) return lockByFile(folder, file);
  try {
    // A container has a network namespace of its own, but the folder is one: a socket in it is
    // answered across the border. /proc/self/fd keeps its path below the 108 bytes of a socket's.
    const handle = await open(folder, 'r');
    try {
      const path = `/proc/self/fd/${handle.fd}/lock.sock`;
      if (await answers(path)) throw await lockedError(folder, file);
      await rm(join(folder, 'lock.sock'), { force: true });
      const visible = await listen(path);
      if (visible === 'in use') throw await lockedError(folder, file);
      await writeHolder(file, 'w');
      return {
        async release() {
          if (visible !== null) await close(visible);
          await rm(join(folder, 'lock.sock'), { force: true });
          await close(abstract);
        },
      };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await close(abstract);
    throw error;
  }
}

/** Null where this kind of socket cannot be had at all. */
function listen(path: string): Promise<Server | 'in use' | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', (error) => resolve(errorCode(error) === 'EADDRINUSE' ? 'in use' : null));
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** The lock without sockets: who made the file has it, as long as that process lives. */
export async function lockByFile(folder: string, file: string): Promise<FolderLock> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeHolder(file, 'wx');
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw unwritable(file, error);
    }
    const holder = await readHolder(file);
    if (holder !== null && (await isAlive(holder))) throw await lockedError(folder, file);
    if (!(await removeStale(file, holder))) throw await lockedError(folder, file);
  }
  throw await lockedError(folder, file);
}

/** Removes the file that was judged; false when another process has put its own there since. */
async function removeStale(file: string, judged: Holder | null): Promise<boolean> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
  const found = await readHolder(aside);
  const same = found?.pid === judged?.pid && found?.since === judged?.since;
  if (!same) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return same;
}

async function isAlive(holder: Holder): Promise<boolean> {
  // Of another machine (a shared disk) nothing can be known: better refused than ruined.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  const began = await processBegan(holder.pid);
  return began === null || holder.began === null || began === holder.began;
}

async function processBegan(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') {
      // proc(5): field 22 is the start time; the name in field 2 may hold spaces and brackets.
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ');
      return fields?.[19] ?? null;
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

async function writeHolder(file: string, flags: 'w' | 'wx'): Promise<void> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date(performance.timeOrigin + performance.now()).toISOString(),
    began: await processBegan(process.pid),
  };
  try {
    const handle = await open(file, flags, 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(holder)}\n`);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (flags === 'wx') throw error;
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): StoreError {
  return new StoreError(
    'unreadable',
    `cannot write ${file} (${errorLine(error)}): free some disk, or make the folder writable`,
  );
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

async function lockedError(folder: string, file: string): Promise<StoreError> {
  const holder = await readHolder(file);
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new StoreError(
    'locked',
    `the data folder ${folder} is in use by ${who}. Stop that Countersign first, or give this one ` +
      'a data folder of its own (--data)',
  );
}
