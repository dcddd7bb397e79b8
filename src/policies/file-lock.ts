// Keeps two processes from editing one file at the same time: a lock file beside it. A lock that
// nobody renews is broken, so that a crash does not block edits for ever.
import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 15;
/** An edit takes milliseconds; the same lock seen this often is a dead one's. */
const SAME_LOCK_LIMIT = 200;

/** Runs with the lock of a file held. The folder of the file must exist. */
export async function withFileLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const token = randomBytes(8).toString('hex');
  const own = `${lock}.${token}`;
  await writeFile(own, token, { mode: 0o600, flag: 'wx' });
  try {
    await take(own, lock);
    try {
      return await run();
    } finally {
      if ((await holder(lock)) === token) await rm(lock, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function take(own: string, lock: string): Promise<void> {
  let seen: string | null = null;
  let times = 0;
  for (;;) {
    try {
      // A link appears with its whole content, or not at all.
      await link(own, lock);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const now = await holder(lock);
    times = now !== null && now === seen ? times + 1 : 0;
    seen = now;
    if (times >= SAME_LOCK_LIMIT) {
      await rm(lock, { force: true });
      times = 0;
    }
    await sleep(RETRY_MS);
  }
}

async function holder(lock: string): Promise<string | null> {
  try {
    return await readFile(lock, 'utf8');
  } catch {
    return null;
  }
}
