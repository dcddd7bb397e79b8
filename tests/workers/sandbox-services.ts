// Opens the bubblewrap backend for tests, and says why they are skipped where it is missing.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { systemClock } from '../../src/bus/clock.ts';
import {
  type Bubblewrap,
  type BubblewrapOptions,
  openBubblewrap,
} from '../../src/workers/bubblewrap.ts';

/** The places of programs on every host that tests run on. */
export const HOST_PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A backend with its state in `folder`, beside an empty `workspace`. */
export async function openForTest(
  folder: string,
  more: Partial<BubblewrapOptions> = {},
): Promise<{ sandbox: Bubblewrap; lines: string[] }> {
  await mkdir(join(folder, 'workspace'), { recursive: true });
  const lines: string[] = [];
  const sandbox = await openBubblewrap({
    stateDir: join(folder, 'state'),
    readable: [],
    hidden: [],
    slots: 2,
    env: { path: HOST_PATH },
    host: {
      userId: process.getuid?.() ?? -1,
      groupId: process.getgid?.() ?? -1,
      arch: process.arch,
    },
    clock: systemClock,
    log: (line) => lines.push(line),
    ...more,
  });
  return { sandbox, lines };
}

/** Runs `define` where bubblewrap is; else a test skipped by name, which CI takes for a failure. */
export function needBubblewrap(define: () => void): void {
  let reason: string | null = null;
  try {
    execFileSync('bwrap', ['--version'], { stdio: 'ignore' });
  } catch {
    reason = 'bubblewrap is not installed (apt-get install bubblewrap)';
  }
  if (reason === null) define();
  else if (process.env['CI'] === 'true') {
    describe('bubblewrap', () => {
      it(`cannot be tested: ${reason}`, () => {
        throw new Error(reason);
      });
    });
  } else describe.skip(`bubblewrap: ${reason}`, define);
}
