// Fails a test run that leaves processes behind: a Redis, a sandbox or a server that nobody ended.
// Finds them by a variable that every process started from a test inherits.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'COUNTERSIGN_TEST_RUN';
/** What a test ended may still be on its way out. */
const GRACE_MS = 3000;

/** One process that outlived its test. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

export default function setup() {
  const mark = randomUUID();
  process.env[MARK] = mark;
  return async () => {
    let left = leftovers(mark, process.pid);
    const until = Date.now() + GRACE_MS;
    while (left.length > 0 && Date.now() < until) {
      await sleep(100);
      left = leftovers(mark, process.pid);
    }
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself after all.
      }
    }
    // vitest prints what a teardown throws, but would still end with 0.
    process.exitCode = 1;
    const list = left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n');
    throw new Error(`tests left processes running; end what you start:\n${list}`);
  };
}

/** Processes with the mark, other than the test runner itself and its own workers. */
export function leftovers(mark: string, runner: number): Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== runner)
    .flatMap((name): Leftover[] => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        if (!environment.includes(`${MARK}=${mark}`)) return [];
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        // A zombie has ended; its parent has only not looked yet.
        if (/^State:\s+Z/m.test(status)) return [];
        if (new RegExp(`^PPid:\\s+${runner}$`, 'm').test(status)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), command: command.slice(0, 200) }];
      } catch {
        return []; // gone in between, or another user's
      }
    });
}
