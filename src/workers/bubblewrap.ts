// The bubblewrap backend of the sandbox port: namespaces, a read-only root, no network, limits.
// Opens it and tries it out; bubblewrap-backend.ts makes the runs.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Action, freezeAction } from '../bus/action.ts';
import { Backend, type BubblewrapOptions } from './bubblewrap-backend.ts';
import { type Cgroups, openCgroups } from './cgroup.ts';
import { DEFAULT_LIMITS, type Sandbox, type SandboxCheck, SandboxRefused } from './sandbox.ts';

export type { BubblewrapOptions } from './bubblewrap-backend.ts';

/** The sandbox, and what else only this backend can do. */
export interface Bubblewrap extends Sandbox {
  /** Gives an empty directory that Countersign made for a requester to an unprivileged user. */
  prepareOwnWorkspace(path: string): Promise<void>;
}

/**
 * Opens the backend: clears what a killed predecessor left, finds out what this host can do. Never
 * throws for a host that cannot sandbox; `check` and `run` then say why.
 */
export async function openBubblewrap(options: BubblewrapOptions): Promise<Bubblewrap> {
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  await chmod(options.stateDir, 0o700);
  const cgroups = await openCgroups(options.stateDir, options.host.userId === 0, options.log);
  let ready: Promise<Backend> | null = null;
  let checking: Promise<SandboxCheck> | null = null;
  const backend = async (): Promise<Backend> => {
    // A failure is not remembered: whoever installs bubblewrap need not restart anything.
    ready ??= Backend.open(options, cgroups);
    try {
      return await ready;
    } catch (error) {
      ready = null;
      throw error;
    }
  };
  return {
    name: 'bubblewrap',
    async check() {
      checking ??= check(options, cgroups, backend).finally(() => {
        checking = null;
      });
      return checking;
    },
    async *run(request, signal) {
      const opened = await backend();
      yield* opened.run(request, signal);
    },
    prepareOwnWorkspace: async (path) => (await backend()).ownership.prepareOwnWorkspace(path),
  };
}

async function check(
  options: BubblewrapOptions,
  cgroups: Cgroups,
  backend: () => Promise<Backend>,
): Promise<SandboxCheck> {
  try {
    const opened = await backend();
    const workspace = join(options.stateDir, 'check');
    await mkdir(workspace, { recursive: true, mode: 0o700 });
    const action: Action = {
      kind: 'exec',
      argv: ['true'],
      cwd: workspace,
      env: {},
      stdinDigest: null,
      sandbox: 'strict',
    };
    const limits = { ...DEFAULT_LIMITS, wallMs: 10_000 };
    const request = { frozen: freezeAction(action), workspace, limits, stdin: null, name: 'check' };
    // A place of its own: a check may come while all others are taken.
    const events = opened.run({ ...request, slot: options.slots }, new AbortController().signal);
    for await (const event of events) {
      if (event.type !== 'exit') continue;
      const { exitCode, unenforced } = event;
      if (exitCode !== 0) {
        return { ok: false, detail: `a trial run ended with exit code ${exitCode}`, unenforced };
      }
    }
    const notes = opened.unenforced.length > 0 ? `; ${cgroups.problems.join('; ')}` : '';
    const detail = `bubblewrap works (${opened.describe()})${notes}`;
    return { ok: true, detail, unenforced: opened.unenforced };
  } catch (error) {
    if (!(error instanceof SandboxRefused)) throw error;
    return { ok: false, detail: error.message, unenforced: cgroups.unenforced };
  }
}
