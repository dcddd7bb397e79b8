// Runs under bubblewrap: puts together who runs, what they see and how they are launched. Never
// starts bwrap as the host's root, and never runs an action with less than it promises.
import { closeSync, openSync } from 'node:fs';
import { realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../bus/clock.ts';
import {
  environmentArgs,
  type Hidden,
  type HostView,
  INNER_FILES,
  innerCommand,
  sandboxArgs,
} from './bubblewrap-args.ts';
import { follow, LaunchFailed } from './bubblewrap-run.ts';
import type { Cgroups } from './cgroup.ts';
import { openChannels } from './channels.ts';
import { explainFailure, installAdvice, kernelSettings } from './diagnosis.ts';
import { findPrograms, hardProcessLimit, viewHost } from './host.ts';
import { coveredPlace, launchCommand, MAP_REFUSED, type Programs } from './launch.ts';
import { type Ownership, openOwnership, type RunAs } from './ownership.ts';
import { type SandboxEvent, SandboxRefused, type SandboxRequest } from './sandbox.ts';
import { seccompFilter } from './seccomp.ts';
import { isWithin, openWorkspace, type Workspace } from './workspace.ts';

export interface BubblewrapOptions {
  /** A directory for this backend alone, made 0700; one process at a time uses it. */
  readonly stateDir: string;
  /** Further paths that every action may read. */
  readonly readable: readonly string[];
  /**
   * Paths that no action may see even where they lie in its workspace: Countersign's own. Name
   * directories where you can: a file that is replaced by rename during a run loses its cover.
   */
  readonly hidden: readonly string[];
  /**
   * Files of Countersign's own (its configuration and rules), hidden with the directory they are
   * in. Where that directory is the workspace itself only the file is, until it is next replaced.
   */
  readonly hiddenFiles: readonly string[];
  /** How many runs there may be at once; slots are numbered from 0. */
  readonly slots: number;
  /** Where the host's own programs are looked for. */
  readonly env: { readonly path: string };
  /** This process's user, group and processor: process.getuid(), getgid(), process.arch. */
  readonly host: { readonly userId: number; readonly groupId: number; readonly arch: string };
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** Where root's runs find their workspace: standard directories that a sandbox does not show. */
const COVERED_PLACES = ['/mnt', '/media', '/srv', '/opt', '/boot'];

/** One run, decided. */
interface Decided {
  readonly command: readonly string[];
  readonly workspace: Workspace;
  readonly hidden: readonly Hidden[];
  readonly runAs: RunAs;
}

/** What this host can do, found out once. */
export class Backend {
  readonly ownership: Ownership;
  readonly unenforced: readonly string[];
  readonly #options: BubblewrapOptions;
  readonly #cgroups: Cgroups;
  readonly #programs: Programs;
  readonly #host: HostView;
  readonly #hasFilter: boolean;
  readonly #coverable: readonly string[];
  readonly #innerProcessLimit: number | null;

  private constructor(parts: {
    options: BubblewrapOptions;
    cgroups: Cgroups;
    programs: Programs;
    host: HostView;
    ownership: Ownership;
    hasFilter: boolean;
    coverable: readonly string[];
    hardProcesses: number;
  }) {
    this.#options = parts.options;
    this.#cgroups = parts.cgroups;
    this.#programs = parts.programs;
    this.#host = parts.host;
    this.ownership = parts.ownership;
    this.#hasFilter = parts.hasFilter;
    this.#coverable = parts.coverable;
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
      coverable: await existing(COVERED_PLACES),
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
    run: Decided,
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
    run: Decided,
    files: readonly number[],
  ): { file: string; args: string[]; cwd: string; descriptors: number[] } {
    const { runAs, workspace } = run;
    const at = coveredPlace(this.#coverable, this.#options.readable);
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
      countByUser: !this.#cgroups.countsProcesses,
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

  /** What of `hidden` lies in the workspace, by its real place, and exists. */
  async #hiddenIn(workspace: string): Promise<Hidden[]> {
    const found: Hidden[] = [];
    for (const named of this.#options.hidden) {
      const path = await realpath(named).catch(() => null);
      if (path === null || !isWithin(path, workspace)) continue;
      if (path === workspace) throw new SandboxRefused(`${path} is Countersign's own folder`);
      found.push({ path, directory: (await stat(path)).isDirectory() });
    }
    for (const named of this.#options.hiddenFiles) {
      const path = await realpath(named).catch(() => null);
      if (path === null || !isWithin(path, workspace)) continue;
      const folder = dirname(path);
      const hidden =
        folder === workspace ? { path, directory: false } : { path: folder, directory: true };
      if (!found.some((other) => isWithin(hidden.path, other.path))) found.push(hidden);
    }
    return found;
  }
}

async function existing(directories: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of directories) {
    const entry = await stat(path).catch(() => null);
    if (entry?.isDirectory() === true) found.push(path);
  }
  return found;
}
