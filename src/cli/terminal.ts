// All that a command may touch of the machine, as one port: main.ts makes the real one, tests make
// their own. Commands never look at `process`.
import type { Clock, RandomBytes } from '../bus/clock.ts';

/** What ends a command from outside: Ctrl-C, `kill`, a closed window. */
export type Interrupt = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface Terminal {
  /**
   * Writes to standard output; resolves when it was taken, so that a slow reader slows the writer.
   * Rejects with OutputClosed when nobody reads any more.
   */
  stdout(data: string | Uint8Array): Promise<void>;
  /** Writes to standard error. Where nobody reads it, what is written is lost in silence. */
  stderr(data: string | Uint8Array): Promise<void>;
  readonly stdin: NodeJS.ReadStream;
  /** Standard output and error as streams, for what draws on a terminal itself. */
  readonly output: NodeJS.WriteStream;
  readonly errorOutput: NodeJS.WriteStream;
  /** Whether standard input and output are both a person's terminal. */
  readonly isInteractive: boolean;
  /** Columns of the terminal now; null where standard output is none. */
  columns(): number | null;
  /** Whether colours are wanted on standard output. */
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws a CommandFailed when the working directory is gone. */
  cwd(): string;
  readonly home: string;
  /** Null where users have no number (Windows). */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Node's name of the processor. */
  readonly arch: string;
  readonly pid: number;
  readonly nodeVersion: string;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Calls `handler` instead of ending the program; the returned function takes that back. */
  onInterrupt(handler: (signal: Interrupt) => void): () => void;
  /** The code that the program ends with. */
  setExitCode(code: number): void;
}

/** Nobody reads standard output any more, as after `| head -1`. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}
