// A Terminal that keeps what is written, for running commands in the test's own process.
import { PassThrough } from 'node:stream';
import { systemClock, systemRandom } from '../../src/bus/clock.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { type Interrupt, OutputClosed, type Terminal } from '../../src/cli/terminal.ts';

export interface Setting {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly home?: string;
  readonly columns?: number;
  readonly isInteractive?: boolean;
  /** What standard input holds; undefined leaves it open. */
  readonly input?: string | Uint8Array;
}

/** One command that runs, with all that it wrote so far. */
export class Running {
  readonly terminal: Terminal;
  readonly done: Promise<void>;
  readonly input = new PassThrough();
  out = '';
  err = '';
  exitCode = 0;
  /** Set to have standard output closed, as by `| head`. */
  outputClosed = false;
  readonly #handlers = new Set<(signal: Interrupt) => void>();
  readonly #watchers = new Set<() => void>();
  #keepAlive: NodeJS.Timeout;

  constructor(argv: readonly string[], setting: Setting) {
    this.terminal = this.#terminal(setting);
    if (setting.input !== undefined) this.input.end(setting.input);
    // As main.ts: timers of ours keep nothing alive.
    this.#keepAlive = setInterval(() => undefined, 1_000_000);
    this.done = runCommandLine(argv, this.terminal).finally(() => {
      clearInterval(this.#keepAlive);
      this.#wake();
    });
  }

  interrupt(signal: Interrupt = 'SIGINT'): void {
    for (const handler of this.#handlers) handler(signal);
  }

  /** Resolves when standard error and output together fit; rejects when the command ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    let ended = false;
    const end = this.done.then(() => {
      ended = true;
      this.#wake();
    });
    for (;;) {
      const found = pattern.exec(this.err + this.out);
      if (found !== null) return found;
      if (ended) throw new Error(`ended without ${pattern}:\n${this.err}\n${this.out}`);
      await Promise.race([end, new Promise<void>((resolve) => this.#watchers.add(resolve))]);
    }
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }

  #terminal(setting: Setting): Terminal {
    const take = (to: 'out' | 'err') => async (data: string | Uint8Array) => {
      if (to === 'out' && this.outputClosed) throw new OutputClosed('write EPIPE');
      this[to] += typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
      this.#wake();
    };
    return {
      stdout: take('out'),
      stderr: take('err'),
      stdin: this.input as unknown as NodeJS.ReadStream,
      output: new PassThrough() as unknown as NodeJS.WriteStream,
      errorOutput: new PassThrough() as unknown as NodeJS.WriteStream,
      isInteractive: setting.isInteractive ?? false,
      columns: () => setting.columns ?? null,
      colour: false,
      env: setting.env ?? {},
      cwd: () => setting.cwd ?? '/',
      home: setting.home ?? '/nonexistent',
      uid: process.getuid?.() ?? null,
      gid: process.getgid?.() ?? null,
      arch: process.arch,
      pid: process.pid,
      nodeVersion: process.versions.node,
      clock: systemClock,
      random: systemRandom,
      onInterrupt: (handler) => {
        this.#handlers.add(handler);
        return () => this.#handlers.delete(handler);
      },
      setExitCode: (code) => {
        this.exitCode = code;
      },
    };
  }
}

/** What a command wrote and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line to its end. */
export async function ran(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const running = new Running(argv, { input: '', ...setting });
  await running.done;
  return { code: running.exitCode, out: running.out, err: running.err };
}
