// One run under bubblewrap, from the spawned launcher to the last event. Knows processes, signals
// and streams; what the sandbox looks like and who runs in it was decided before.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../bus/clock.ts';
import type { RunCgroup } from './cgroup.ts';
import type { Channels } from './channels.ts';
import { EventQueue } from './event-queue.ts';
import { ended, namespaceGone, sendSignal } from './processes.ts';
import { judgeEnd, LAUNCHER_PREFIXES, type Stopped, type Verdict } from './run-exit.ts';
import type { SandboxEvent } from './sandbox.ts';

/** Between TERM and KILL. */
const KILL_GRACE_MS = 5000;
/** For bwrap to end after all that it watches over was killed. */
const OUTER_GRACE_MS = 1000;
const MEMORY_POLL_MS = 200;
const HELD_BYTES = 4096;

/** A launch that is ready to go. */
interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** Becomes the current directory of the first step. */
  readonly cwd: string;
  /** Descriptors for 5 and up; 0 to 2 are the channels', 3 the word to go, 4 the status. */
  readonly descriptors: readonly number[];
  readonly environmentArgs: string;
  readonly channels: Channels;
  /** Made while the first steps of the launch go on. */
  readonly cgroup: Promise<RunCgroup>;
  readonly wallMs: number;
  readonly unenforced: readonly string[];
}

/** The launcher ended before the action began: nothing ran. */
export class LaunchFailed extends Error {
  override readonly name = 'LaunchFailed';
}

/** Starts and follows one run. Throws LaunchFailed where nothing ran. */
export async function* follow(
  launch: Launch,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<SandboxEvent> {
  const run = new Run(launch, clock);
  const cancel = () => run.stop('cancelled');
  signal.addEventListener('abort', cancel, { once: true });
  try {
    run.start();
    if (signal.aborted) run.stop('cancelled');
    yield* run.events.read();
  } finally {
    signal.removeEventListener('abort', cancel);
    await run.dispose();
  }
}

class Run {
  readonly events = new EventQueue();
  readonly #launch: Launch;
  readonly #clock: Clock;
  readonly #timers = new Map<string, () => void>();
  #child: ChildProcess | null = null;
  #startedAt = 0;
  /** Process 1 of the run, as the host numbers it: the leader of the action's group. */
  #init: number | null = null;
  #reported: number | null = null;
  #stopped: Stopped = null;
  #launcherWords = Buffer.alloc(0);
  #holding = true;
  #done: Promise<void> = Promise.resolve();

  constructor(launch: Launch, clock: Clock) {
    this.#launch = launch;
    this.#clock = clock;
  }

  start(): void {
    const { channels, descriptors, file, args, cwd } = this.#launch;
    const child = spawn(file, args, {
      cwd,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: [
        channels.stdin ?? 'ignore',
        channels.stdout,
        channels.stderr,
        'pipe',
        'pipe',
        ...descriptors,
      ],
    });
    this.#child = child;
    this.#startedAt = this.#clock.now();
    const { stdout, stderr } = channels.read();
    this.events.attach(stdout);
    this.events.attach(stderr);
    stdout.on('data', (bytes: Buffer) => this.events.output('stdout', bytes));
    stderr.on('data', (bytes: Buffer) => this.#takeError(bytes));
    const status = child.stdio[4] as Readable;
    this.#readStatus(status);
    const exited = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        this.#launcherWords = Buffer.from(`${error.message}\n`);
        resolve();
      });
      child.once('exit', () => resolve());
    });
    const closed = Promise.all([stdout, stderr, status].map(ended));
    this.#done = this.#conclude(exited, closed);
    this.#letGo(child).catch((error: unknown) => this.#abandon(error));
  }

  /** Into its cgroup, then the word to go: before it, nothing of the action is running. */
  async #letGo(child: ChildProcess): Promise<void> {
    if (child.pid === undefined) return;
    const go = child.stdio[3] as Writable;
    go.on('error', () => {});
    const cgroup = await this.#launch.cgroup;
    await cgroup.add(child.pid);
    this.#startedAt = this.#clock.now();
    go.end(`go\n${this.#launch.environmentArgs}`);
    this.#after('wall', this.#launch.wallMs, () => this.stop('timeout'));
    this.#watchMemory();
  }

  #abandon(error: unknown): void {
    // The launcher may be gone already, by its own failure: then that is what counts.
    if (this.#launcherWords.length === 0) {
      const why = error instanceof Error ? error.message : String(error);
      this.#launcherWords = Buffer.from(`the run could not be put into its cgroup: ${why}\n`);
    }
    (this.#child?.stdio[3] as Writable | undefined)?.destroy();
  }

  /** TERM to the action's process group; KILL to all of it when that does not end it in time. */
  stop(why: Exclude<Stopped, null>): void {
    if (this.#stopped !== null) return;
    this.#stopped = why;
    if (why === 'out-of-memory' || this.#init === null || !sendSignal(-this.#init, 'SIGTERM')) {
      this.#kill();
      return;
    }
    this.#after('grace', KILL_GRACE_MS, () => this.#kill());
  }

  #kill(): void {
    // With process 1 its whole namespace dies; bwrap outside then says so, and is gone by itself.
    if (this.#init !== null && sendSignal(this.#init, 'SIGKILL')) {
      this.#after('outer', OUTER_GRACE_MS, () => this.#killOuter());
    } else this.#killOuter();
  }

  #killOuter(): void {
    this.#child?.kill('SIGKILL');
    void this.#launch.cgroup.then(async (cgroup) => cgroup.kill()).catch(() => {});
  }

  // Version 1 kills one process at a time and the rest goes on; a run is one thing.
  #watchMemory(): void {
    this.#after('memory', MEMORY_POLL_MS, () => {
      const counted = this.#launch.cgroup.then(async (cgroup) => cgroup.memoryKills());
      void counted.then((kills) => {
        if (!this.#timers.has('memory')) return;
        if (kills > 0) this.stop('out-of-memory');
        else this.#watchMemory();
      });
    });
  }

  #readStatus(status: Readable): void {
    let text = '';
    status.setEncoding('utf8');
    status.on('error', () => {});
    status.on('data', (part: string) => {
      text += part;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const init = /"child-pid": (\d+)/.exec(line)?.[1];
        if (init !== undefined) this.#init = Number(init);
        const code = /"exit-code": (\d+)/.exec(line)?.[1];
        if (code !== undefined) this.#reported = Number(code);
      }
    });
  }

  /** Holds back what may be the launcher's words: they are reasons, not output of the action. */
  #takeError(bytes: Buffer): void {
    if (!this.#holding) {
      this.events.output('stderr', bytes);
      return;
    }
    this.#launcherWords = Buffer.concat([this.#launcherWords, bytes]);
    const text = this.#launcherWords.subarray(0, 64).toString('latin1');
    const mayBe = LAUNCHER_PREFIXES.some(
      (prefix) => text.startsWith(prefix) || prefix.startsWith(text),
    );
    if (!mayBe || this.#launcherWords.length > HELD_BYTES) this.#releaseHeld();
  }

  #releaseHeld(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.events.output('stderr', this.#launcherWords);
    this.#launcherWords = this.#launcherWords.subarray(0, HELD_BYTES);
  }

  async #conclude(exited: Promise<void>, closed: Promise<unknown>): Promise<void> {
    try {
      await exited;
      const init = this.#init;
      this.#init = null;
      this.#clearTimers();
      // Whatever still holds the output's other end is a leftover of the run.
      const cgroup = await this.#launch.cgroup.catch(() => null);
      if (this.#stopped !== null) await cgroup?.kill();
      await closed;
      await cgroup?.kill();
      if (init !== null) await namespaceGone(init);
      const durationMs = Math.max(0, this.#clock.now() - this.#startedAt);
      const kills = (await cgroup?.memoryKills()) ?? 0;
      if (kills > 0 && this.#stopped !== 'cancelled') this.#stopped = 'out-of-memory';
      this.#finish(
        judgeEnd({
          reported: this.#reported,
          code: this.#child?.exitCode ?? null,
          signal: this.#child?.signalCode ?? null,
          stopped: this.#stopped,
          held: this.#launcherWords.toString('utf8'),
        }),
        durationMs,
      );
    } catch (error) {
      this.events.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #finish(verdict: Verdict, durationMs: number): void {
    if (verdict.kind === 'refused') {
      this.events.fail(new LaunchFailed(verdict.said));
      return;
    }
    const { exitCode, ended: how, signal, message } = verdict;
    if (message === null) this.#releaseHeld();
    else this.events.output('stderr', Buffer.from(message));
    const { unenforced } = this.#launch;
    this.events.end({ type: 'exit', exitCode, ended: how, signal, durationMs, unenforced });
  }

  #after(name: string, delayMs: number, run: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(name, this.#clock.after(delayMs, run));
  }

  #clearTimers(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** Ends what is left when nobody reads on. */
  async dispose(): Promise<void> {
    this.#clearTimers();
    this.events.discard();
    if (this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.stop('cancelled');
      this.#kill();
    }
    await this.#done;
  }
}
