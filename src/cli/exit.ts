// How commands end: the documented exit codes, and the one error that carries one. The same table
// is in `countersign help`.

/** DESIGN, section 8. `run` ends with the command's own code once it ran. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  expired: 4,
  /** As a shell reports a program that Ctrl-C ended (128 + SIGINT). */
  interrupted: 130,
  /** As a shell reports a program that wrote to a closed pipe (128 + SIGPIPE). */
  outputClosed: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot go on. `message` says what to do; `code` is for programs (`--json`). */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: ExitCode;
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** The arguments or the configuration are wrong. */
export function usage(message: string): CommandFailed {
  return new CommandFailed(EXIT.usage, 'usage', message);
}
