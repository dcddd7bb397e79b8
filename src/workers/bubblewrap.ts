// The bubblewrap backend of the sandbox port: namespaces, a read-only root, no network, limits.
// Never starts bwrap as the host's root, and never runs an action with less than it promises.
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action } from '../bus/action.ts';
import { freezeAction } from '../bus/action.ts';
import type { Clock } from '../bus/clock.ts';
import {
  environmentArgs,
  type HostView,
  INNER_FILES,
  innerCommand,
  sandboxArgs,
} from './bubblewrap-args.ts';
import { follow, LaunchFailed } from './bubblewrap-run.ts';
import { type Cgroups, openCgroups } from './cgroup.ts';
import { openChannels } from './channels.ts';
import { explainFailure, installAdvice, kernelSettings } from './diagnosis.ts';
import { findPrograms, hardProcessLimit, viewHost } from './host.ts';
import { coveredPlace, launchCommand, MAP_REFUSED, type Programs } from './launch.ts';
import { type Ownership, openOwnership, type RunAs } from './ownership.ts';
import {
  DEFAULT_LIMITS,
  type Sandbox,
  type SandboxCheck,
  type SandboxEvent,
  SandboxRefused,
  type SandboxRequest,
} from './sandbox.ts';
import { seccompFilter } from './seccomp.ts';
import { isWithin, openWorkspace, type Workspace } from './workspace.ts';

export interface BubblewrapOptions {
  /** A directory for this backend alone, made 0700; one process at a time uses it. */
  readonly stateDir: string;
  /** Further paths that every action may read. */
  readonly readable: readonly string[];
  /** Paths that no action may see even where they lie in its workspace: Countersign's own. */
  readonly hidden: readonly string[];
  /** How many runs there may be at once; slots are numbered from 0. */
  readonly slots: number;
  /** Where the host's own programs are looked for. */
  readonly env: { readonly path: string };
  /** This process's user, group and processor: process.getuid(), getgid(), process.arch. */
  readonly host: { readonly userId: number; readonly groupId: number; readonly arch: string };
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** The sandbox, and what else only this backend can do. */
export interface Bubblewrap extends Sandbox {
  /** Gives an empty directory that Countersign made for a requester to an unprivileged user. */
  prepareOwnWorkspace(path: string): Promise<void>;
}

/** Where root's runs find their workspace: standard directories that a sandbox does not show. */
const COVERED_PLACES = ['/mnt', '/media', '/srv', '/opt', '/boot'];

/**
 * Opens the backend: clears what a killed predecessor left, finds out what this host can do. Never
 * throws for a host that cannot sandbox; `check` and `run` then say why.
 */
export async function openBubblewrap(options: BubblewrapOptions): Promise<Bubblewrap> {
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  await chmod(options.stateDir, 0o700);
  const cgroups = await openCgroups(options.stateDir, options.log);
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

class Backend {
  readonly ownership: Ownership;
  readonly unenforced: readonly string[];
  readonly #options: BubblewrapOptions;
  readonly #cgroups: Cgroups;
  readonly #programs: Programs;
  readonly #host: HostView;
  readonly #hasFilter: boolean;
  readonly #innerProcessLimit: number | null;

  private constructor(parts: {
    options: BubblewrapOptions;
    cgroups: Cgroups;
    programs: Programs;
    host: HostView;
    ownership: Ownership;
    hasFilter: boolean;
    hardProcesses: number;
  }) {
    this.#options = parts.options;
    this.#cgroups = parts.cgroups;
    this.#programs = parts.programs;
    this.#host = parts.host;
    this.ownership = parts.ownership;
    this.#hasFilter = parts.hasFilter;
    const bits = parts.hasFilter ? [] : ['set-user-ID bits (no filter for this processor)'];
    this.unenforced = [...parts.cgroups.unenforced, ...bits];
    this.#innerProcessLimit = parts.cgroups.countsProcesses ? null : parts.hardProcesses;
  }

  static async open(options: BubblewrapOptions, cgroups: Cgroups): Promise<Backend> {
    const { userId, groupId, arch } = options.host;
    const programs = await findPrograms(options.env.path, userId === 0);
    if ('missing' in programs) throw new SandboxRefused(installAdvice(programs.missing));
    const { stateDir, slots } = options;
    const unshare = programs.found.unshare ?? 'unshare';
    // One slot more than runs: the check's.
    const ownership = await openOwnership({ stateDir, userId, groupId, slots: slots + 1, unshare });
    for (const [name, text] of Object.entries(INNER_FILES)) {
      await writeFile(join(stateDir, name), text, { mode: 0o600 });
    }
    const filter = seccompFilter(arch);
    if (filter !== null) await writeFile(join(stateDir, 'seccomp'), filter, { mode: 0o600 });
    if (filter === null && userId === 0) {
      throw new SandboxRefused(
        `on ${arch} there is no filter that keeps an action from making set-user-ID programs of ` +
          "root's: run Countersign as an ordinary user",
      );
    }
    return new Backend({
      options,
      cgroups,
      programs: programs.found,
      host: await viewHost(programs.found.bwrap, options.readable),
      ownership,
      hasFilter: filter !== null,
      hardProcesses: await hardProcessLimit(),
    });
  }

  describe(): string {
    const { userId } = this.#options.host;
    return userId === 0 ? 'as root, each run under a user of its own' : `as user ${userId}`;
  }

  async *run(request: SandboxRequest, signal: AbortSignal): AsyncGenerator<SandboxEvent> {
    const { slot } = request;
    if (!Number.isInteger(slot) || slot < 0 || slot > this.#options.slots) {
      throw new SandboxRefused(`there is no slot ${slot}: the sandbox has ${this.#options.slots}`);
    }
    if (signal.aborted) throw new SandboxRefused('it was cancelled before it started');
    const command = innerCommand(request.frozen.action);
    const workspace = await openWorkspace(request.workspace, request.frozen.action.cwd);
    try {
      const hidden = await this.#hiddenIn(workspace.path);
      for (;;) {
        const runAs = await this.ownership.decide(workspace, slot);
        try {
          yield* this.#attempt(request, signal, { command, workspace, hidden, runAs });
          return;
        } catch (error) {
          if (!(error instanceof LaunchFailed)) throw error;
          if (runAs.kind !== 'slot' || !error.message.startsWith(MAP_REFUSED)) {
            throw new SandboxRefused(explainFailure(error.message, await kernelSettings()));
          }
          // Nothing ran; the next decision is made without id maps.
          const why = error.message.slice(MAP_REFUSED.length).trim();
          this.#options.log(`${workspace.path} cannot be id-mapped: ${why}`);
          this.ownership.cannotMap(workspace, why);
        }
      }
    } finally {
      await workspace.handle.close();
    }
  }

  async *#attempt(
    request: SandboxRequest,
    signal: AbortSignal,
    run: {
      command: readonly string[];
      workspace: Workspace;
      hidden: readonly (readonly [string, boolean])[];
      runAs: RunAs;
    },
  ): AsyncGenerator<SandboxEvent> {
    const { stateDir, clock } = this.#options;
    const { frozen, limits, stdin, slot, name } = request;
    const { runAs } = run;
    const channels = await openChannels({
      directory: join(stateDir, 'slots', String(slot)),
      mkfifo: this.#programs.mkfifo,
      uid: runAs.uid,
      gid: runAs.gid,
      stdin,
    });
    const opened: number[] = [];
    try {
      const cgroup = this.#cgroups.create(name, limits);
      try {
        const add = (file: string) => opened.push(openSync(join(stateDir, file), 'r'));
        for (const file of ['passwd', 'group', 'hosts']) add(file);
        if (this.#hasFilter) add('seccomp');
        const { file, args, cwd, descriptors } = this.#command(request, run, opened);
        const launch = {
          file,
          args,
          cwd,
          descriptors,
          environmentArgs: environmentArgs(frozen.action),
          channels,
          cgroup,
          wallMs: limits.wallMs,
          unenforced: this.unenforced,
        };
        yield* follow(launch, clock, signal);
      } finally {
        const made = await cgroup.catch(() => null);
        await made?.kill();
        await made?.remove();
      }
    } finally {
      channels.abandon();
      for (const descriptor of opened) closeSync(descriptor);
    }
  }

  #command(
    { frozen: { action }, limits }: SandboxRequest,
    run: {
      command: readonly string[];
      workspace: Workspace;
      hidden: readonly (readonly [string, boolean])[];
      runAs: RunAs;
    },
    files: readonly number[],
  ): { file: string; args: string[]; cwd: string; descriptors: number[] } {
    const { runAs, workspace } = run;
    const bound = [...this.#options.readable, workspace.path];
    const at = coveredPlace(COVERED_PLACES, bound.slice(0, -1));
    if (at === null) throw new SandboxRefused('the extra readable paths leave no place to mount');
    const descriptors = [...files];
    const workspaceFd = descriptors.push(workspace.handle.fd) + 4;
    const mapFd = runAs.kind === 'slot' ? descriptors.push(runAs.mapFd) + 4 : null;
    if (runAs.kind === 'self') descriptors.pop();
    const sandbox = sandboxArgs({
      host: this.#host,
      action,
      workspace: workspace.path,
      source: runAs.kind === 'self' ? workspace.path : at,
      hidden: run.hidden,
      limits,
      descriptors: {
        go: 3,
        status: 4,
        passwd: 5,
        group: 6,
        hosts: 7,
        filter: this.#hasFilter ? 8 : null,
      },
    });
    // Without a cgroup that counts, the kernel counts by user: a slot's own from outside, all
    // others' within the sandbox's user namespace, where only the run's processes are theirs.
    const most = this.#innerProcessLimit;
    const counted =
      most === null || runAs.kind === 'slot'
        ? []
        : [this.#programs.prlimit, `--nproc=${Math.min(most, limits.processes + 1)}`, '--'];
    const inner = [...counted, ...run.command];
    const command = launchCommand({
      programs: this.#programs,
      runAs,
      limits,
      at,
      workspaceFd,
      mapFd,
      lastFd: files.length + 4,
      sandbox: [...sandbox, ...inner],
    });
    // By the child's own number: the descriptors are in place before the directory is changed.
    const cwd = runAs.kind === 'self' ? '/' : `/proc/self/fd/${workspaceFd}`;
    return { ...command, cwd, descriptors };
  }

  /** What of `hidden` lies in the workspace and exists. */
  async #hiddenIn(workspace: string): Promise<[string, boolean][]> {
    const found: [string, boolean][] = [];
    for (const path of this.#options.hidden) {
      if (path === workspace) throw new SandboxRefused(`${path} is Countersign's own folder`);
      if (!isWithin(path, workspace)) continue;
      const entry = await stat(path).catch(() => null);
      if (entry !== null) found.push([path, entry.isDirectory()]);
    }
    return found;
  }
}
