// One process from outside: what it said so far, waiting for what it says next, how it ended. Waits
// are for events and bounded; one that fails shows all that was seen.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Far more than anything takes on a busy machine. */
const PATIENCE_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What it reads: all of it at once, or a pipe that stays open. */
  readonly input: string | Uint8Array | 'open' | 'none';
}

const alive = new Set<Spawned>();
process.on('exit', () => {
  for (const { child } of alive) child.kill('SIGKILL');
});

/** Ends every process that was started here and still runs. */
export async function endAll(): Promise<void> {
  await Promise.all([...alive].map((spawned) => spawned.kill('SIGKILL')));
}

export class Spawned {
  readonly child: ChildProcess;
  readonly #looking = new Set<() => void>();
  readonly #name: string;
  readonly #closed: Promise<unknown>;
  stdout = '';
  stderr = '';
  #hasEnded = false;

  constructor(program: string, args: readonly string[], options: SpawnOptions) {
    const { env, cwd, input } = options;
    this.#name = [program, ...args].join(' ');
    this.child = spawn(program, args, {
      env: { ...env },
      cwd,
      stdio: [input === 'none' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    alive.add(this);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.#closed = once(this.child, 'close').then(() => {
      this.#hasEnded = true;
      alive.delete(this);
      this.#look();
    });
    // Whoever ends before it has read everything is no failure of ours.
    this.child.stdin?.on('error', () => undefined);
    if (input !== 'open' && input !== 'none') this.child.stdin?.end(input);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Types one line. */
  type(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves with the first match in what `text` gives, now or later. */
  async until(
    pattern: RegExp,
    text: (self: Spawned) => string = (self) => self.stdout + self.stderr,
  ): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    await this.#when(`/${pattern.source}/`, () => {
      found = pattern.exec(text(this));
      return found !== null;
    });
    return found as unknown as RegExpExecArray;
  }

  /** Resolves when it has ended and everything that it said is here. */
  async ended(): Promise<Ended> {
    await this.#when('its end', () => this.#hasEnded);
    const { exitCode: code, signalCode: signal } = this.child;
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.#hasEnded) this.child.kill(signal);
    await this.#closed;
  }

  #look(): void {
    for (const look of this.#looking) look();
  }

  #when(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#looking.delete(look);
        settle();
      };
      const fail = (why: string) => finish(() => reject(this.#failure(what, why)));
      const look = () => {
        if (holds()) finish(resolve);
        else if (this.#hasEnded)
          fail(`it ended with ${this.child.signalCode ?? this.child.exitCode}`);
      };
      const timer = setTimeout(() => fail(`nothing for ${PATIENCE_MS} ms`), PATIENCE_MS);
      this.#looking.add(look);
      look();
    });
  }

  #failure(what: string, why: string): Error {
    const seen = `--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`;
    return new Error(`${this.#name}\nwaited for ${what}: ${why}\n${seen}`);
  }
}
