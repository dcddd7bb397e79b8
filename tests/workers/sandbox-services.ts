// Opens the bubblewrap backend for tests, where there is one.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { systemClock } from '../../src/bus/clock.ts';
import {
  type Bubblewrap,
  type BubblewrapOptions,
  openBubblewrap,
} from '../../src/workers/bubblewrap.ts';
import { requireService } from '../services.ts';

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
    hiddenFiles: [],
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

/** Defines tests that are skipped, by name and with the reason, where bubblewrap is missing. */
export function needBubblewrap(define: () => void): void {
  const { available, note } = requireService('bubblewrap');
  describe.skipIf(!available)(`on this host${note}`, define);
}
