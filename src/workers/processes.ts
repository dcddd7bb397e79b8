// Small questions to the kernel about processes and what they hold open.
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const GONE_ROUNDS = 2000;
const GONE_PAUSE_MS = 5;

/** Resolves when nothing more comes from a stream. */
export function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', () => resolve());
    // A pipe whose writer was killed reads as an error on some kernels; it is the end all the same.
    stream.once('error', () => resolve());
  });
}

/**
 * Until process 1 of the run is dead: it dies last, so nothing of the run then counts for its user
 * any more. Dead is enough; some hosts are slow to bury.
 */
export async function namespaceGone(init: number): Promise<void> {
  for (let round = 0; round < GONE_ROUNDS; round += 1) {
    const stat = await readFile(`/proc/${init}/stat`, 'utf8').catch(() => '');
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    if (stat === '' || state === 'Z' || state === 'X') return;
    await pause(GONE_PAUSE_MS);
  }
}

/** False where there is no such process (group) any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
