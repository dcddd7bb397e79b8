// The cgroup of one run: limits on the run as a whole, and the certainty that nothing of it
// survives. A killed control plane leaves cgroups behind; their names carry a prefix that is the
// data folder's own, so the next start finds them, kills what is in them and removes them.
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Hex } from '../bus/action.ts';
import { type Controller, findHierarchies, type Hierarchy } from './cgroup-hierarchies.ts';
import { sendSignal } from './processes.ts';
import type { Limits } from './sandbox.ts';

/** Makes the cgroups of runs. */
export interface Cgroups {
  /** Limits that no cgroup enforces here, in words. */
  readonly unenforced: readonly string[];
  /** Why, for `doctor`; empty where all are enforced. */
  readonly problems: readonly string[];
  /** Whether the number of processes of a run is limited by a cgroup. */
  readonly countsProcesses: boolean;
  create(name: string, limits: Limits): Promise<RunCgroup>;
}

/** The cgroup of one run, over all hierarchies. */
export interface RunCgroup {
  add(pid: number): Promise<void>;
  /** How many processes the kernel has killed in it for want of memory. */
  memoryKills(): Promise<number>;
  /** Kills every process in it; returns when there is none. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

// Without the pids controller the kernel's limit by user takes its place (launch.ts).
const WORDS: Readonly<Partial<Record<Controller, string>>> = {
  memory: 'memory in total',
  cpu: 'CPU share',
};

const KILL_ROUNDS = 500;
const KILL_PAUSE_MS = 10;

/** Finds the hierarchies and clears what an earlier process with this folder left behind. */
export async function openCgroups(
  stateDir: string,
  asRoot: boolean,
  log: (line: string) => void,
): Promise<Cgroups> {
  const prefix = `countersign-${sha256Hex(stateDir).slice(0, 10)}-`;
  const { hierarchies, problems } = await findHierarchies(prefix, asRoot);
  const journal = join(stateDir, 'cgroups.json');
  const before = await readJournal(journal);
  const bases = [...new Set([...hierarchies.map(({ base }) => base), ...before])];
  for (const left of await leftovers(bases, prefix)) {
    log(`ending what an earlier Countersign left running in ${left}`);
    await killAll([left]);
    await removeAll([left], log);
  }
  await writeFile(journal, JSON.stringify(hierarchies.map(({ base }) => base)), { mode: 0o600 });
  const have = new Set(hierarchies.flatMap(({ controllers }) => controllers));
  const unenforced = (Object.keys(WORDS) as Controller[])
    .filter((name) => !have.has(name))
    .map((name) => WORDS[name] ?? name);
  let count = 0;
  return {
    unenforced,
    problems: unenforced.length === 0 ? [] : problems,
    countsProcesses: have.has('pids'),
    async create(name, limits) {
      count += 1;
      const leaf = `${prefix}${name.replace(/[^A-Za-z0-9]/g, '_').slice(0, 32)}-${count}`;
      return createRunCgroup(hierarchies, leaf, limits, log);
    },
  };
}

async function createRunCgroup(
  hierarchies: readonly Hierarchy[],
  leaf: string,
  limits: Limits,
  log: (line: string) => void,
): Promise<RunCgroup> {
  const directories = hierarchies.map(({ base }) => join(base, leaf));
  try {
    // All at once, and settled before anything is removed again.
    const made = await Promise.allSettled(
      hierarchies.map(async ({ base, version, controllers }) => {
        const directory = join(base, leaf);
        await mkdir(directory);
        const limited = controllers.map(async (name) => setLimit(version, directory, name, limits));
        await Promise.all(limited);
      }),
    );
    for (const part of made) if (part.status === 'rejected') throw part.reason;
  } catch (error) {
    await removeAll(directories, log);
    throw error;
  }
  const memory = hierarchies.find(({ controllers }) => controllers.includes('memory'));
  return {
    async add(pid) {
      await Promise.all(
        directories.map((directory) => writeFile(join(directory, 'cgroup.procs'), String(pid))),
      );
    },
    async memoryKills() {
      if (memory === undefined) return 0;
      const file = memory.version === 2 ? 'memory.events' : 'memory.oom_control';
      const text = await readFile(join(memory.base, leaf, file), 'utf8').catch(() => '');
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    kill: async () => killAll(directories),
    remove: async () => removeAll(directories, log),
  };
}

async function setLimit(
  version: 1 | 2,
  directory: string,
  controller: Controller,
  limits: Limits,
): Promise<void> {
  const write = async (file: string, value: number | string) =>
    writeFile(join(directory, file), String(value));
  const memory = Math.floor(limits.memoryBytes);
  // bwrap itself and its init, which is process 1 of the run, are not the action's.
  const processes = limits.processes + 2;
  const periodUs = 100_000;
  const quotaUs = Math.max(1000, Math.round(limits.cpus * periodUs));
  switch (controller) {
    case 'memory':
      if (version === 1) {
        await write('memory.limit_in_bytes', memory);
        // Absent without swap accounting; then nothing of the run may be swapped.
        await write('memory.memsw.limit_in_bytes', memory).catch(async () =>
          write('memory.swappiness', 0),
        );
      } else {
        await write('memory.max', memory);
        await write('memory.swap.max', 0).catch(ignoreAbsent);
        await write('memory.oom.group', 1).catch(ignoreAbsent);
      }
      return;
    case 'pids':
      await write('pids.max', processes);
      return;
    case 'cpu':
      if (version === 1) {
        await write('cpu.cfs_period_us', periodUs);
        await write('cpu.cfs_quota_us', quotaUs);
      } else {
        await write('cpu.max', `${quotaUs} ${periodUs}`);
      }
  }
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** Kills until there is nothing left: in one stroke on version 2, else without new forks. */
async function killAll(directories: readonly string[]): Promise<void> {
  if ((await processesIn(directories)).length === 0) return;
  for (const directory of directories) {
    // Absent on version 1 and before Linux 5.14.
    await writeFile(join(directory, 'cgroup.kill'), '1', { flag: 'r+' }).catch(() => {});
    await writeFile(join(directory, 'pids.max'), '0', { flag: 'r+' }).catch(() => {});
  }
  for (let round = 0; round < KILL_ROUNDS; round += 1) {
    const pids = await processesIn(directories);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await pause(KILL_PAUSE_MS);
  }
}

async function processesIn(directories: readonly string[]): Promise<number[]> {
  const pids = new Set<number>();
  for (const directory of directories) {
    const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
    for (const line of text.split('\n')) if (Number(line) > 0) pids.add(Number(line));
  }
  pids.delete(process.pid);
  return [...pids];
}

async function removeAll(
  directories: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  for (const directory of directories) {
    let left: unknown = null;
    for (let round = 0; round < 50; round += 1) {
      left = await rmdir(directory).then(
        () => null,
        (error: unknown) => error,
      );
      if (!(left instanceof Error && 'code' in left && left.code === 'EBUSY')) break;
      await pause(KILL_PAUSE_MS);
    }
    if (left instanceof Error && 'code' in left && left.code !== 'ENOENT') {
      log(
        `the cgroup ${directory} could not be removed (${String(left.code)}); the next start will`,
      );
    }
  }
}

async function readJournal(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}

async function leftovers(bases: readonly string[], prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of bases) {
    const names = await readdir(base).catch(() => []);
    for (const name of names) if (name.startsWith(prefix)) found.push(join(base, name));
  }
  return found;
}
