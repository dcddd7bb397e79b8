// The doctor's look at the machine: Node.js, and whether a sandbox can be had, tried for real.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { openBubblewrap } from '../workers/bubblewrap.ts';
import type { Terminal } from './terminal.ts';

/** The oldest Node.js that is supported, as package.json has it. */
const NODE_LEAST = [20, 19] as const;

/** One thing that was looked at. `detail` says what was found and what to do about it. */
export interface Finding {
  readonly part: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}

export function lookAtPrograms({ nodeVersion }: Terminal): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const [leastMajor, leastMinor] = NODE_LEAST;
  const recent = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const least = NODE_LEAST.join('.');
  return [
    recent
      ? { part: 'Node.js', level: 'ok', detail: nodeVersion }
      : {
          part: 'Node.js',
          level: 'fail',
          detail: `${nodeVersion} is too old: install ${least} or newer`,
        },
  ];
}

/** Runs one trial action in a sandbox of its own, apart from that of a running control plane. */
export async function lookAtSandbox(config: Config | null, io: Terminal): Promise<Finding[]> {
  const part = 'sandbox';
  const stateDir = await mkdtemp(join(tmpdir(), 'countersign-doctor-'));
  try {
    const sandbox = await openBubblewrap({
      stateDir,
      readable: config?.sandbox.readable ?? [],
      hidden: [],
      hiddenFiles: [],
      slots: 1,
      env: { path: io.env['PATH'] ?? '/usr/bin:/bin' },
      host: { userId: io.uid ?? 0, groupId: io.gid ?? 0, arch: io.arch },
      clock: io.clock,
      log: () => undefined,
    });
    const { ok, detail, unenforced } = await sandbox.check();
    if (!ok) return [{ part, level: 'fail', detail: `nothing can run here: ${detail}` }];
    const findings: Finding[] = [{ part, level: 'ok', detail }];
    if (unenforced.length > 0) {
      findings.push({
        part: 'limits',
        level: 'warn',
        detail: `not enforced on this machine: ${unenforced.join('; ')}`,
      });
    }
    return findings;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ part, level: 'fail', detail: `the trial broke: ${why}` }];
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}
