// From the arguments of `run` to the body of POST /v1/actions. Refuses here what it can, with what
// to do about it; the control plane judges the rest.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ACTION_LIMIT_BYTES } from '../bus/action.ts';
import { parseDuration } from '../config/quantities.ts';
import { usage } from './exit.ts';
import type { Terminal } from './terminal.ts';

const STDIN_LIMIT_BYTES = 1024 * 1024;
const LONGEST_WAIT_S = 7 * 24 * 3600;

export interface RunOptions {
  readonly shell?: string;
  readonly reason?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly stdin?: boolean;
  readonly expiresIn?: string;
  readonly sandbox?: string;
  readonly key?: string;
  readonly wait: boolean;
  readonly reconnect: string;
}

/** The body of the submission. Reads standard input where it is asked to. */
export async function submissionOf(
  argv: readonly string[],
  options: RunOptions,
  io: Terminal,
): Promise<Record<string, unknown>> {
  const what = commandOf(argv, options);
  const sizeBytes = [...argv, options.shell ?? '', options.reason ?? '', ...(options.env ?? [])]
    .map((text) => Buffer.byteLength(text))
    .reduce((sum, bytes) => sum + bytes, 0);
  if (sizeBytes > ACTION_LIMIT_BYTES) {
    throw usage(
      `the command has ${sizeBytes} bytes, at most ${ACTION_LIMIT_BYTES} are taken: put long input in a file of the workspace`,
    );
  }
  return {
    ...what,
    cwd: directoryOf(options.cwd, io),
    env: variables(options.env ?? []),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.sandbox === undefined ? {} : { sandbox: options.sandbox }),
    ...(options.expiresIn === undefined ? {} : { expires_in: waitSeconds(options.expiresIn) }),
    ...(options.stdin === true ? { stdin: (await readStdin(io)).toString('base64') } : {}),
  };
}

/** Where it is to run. A directory that was named and is not there is a mistake, not a wish. */
function directoryOf(named: string | undefined, io: Terminal): string {
  const path = resolve(io.cwd(), named ?? '.');
  if (named === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    return path;
  }
  throw usage(`--cwd ${JSON.stringify(named)}: there is no such directory`);
}

function waitSeconds(text: string): number {
  const seconds = Math.ceil(durationMs('--expires-in', text) / 1000);
  if (seconds >= 1 && seconds <= LONGEST_WAIT_S) return seconds;
  throw usage(`--expires-in ${JSON.stringify(text)}: write 1s at least and 7d at most`);
}

function commandOf(argv: readonly string[], { shell }: RunOptions): Record<string, unknown> {
  if (shell !== undefined && argv.length > 0) {
    throw usage('give either --shell LINE or a command after --, not both');
  }
  if (shell !== undefined) {
    if (shell.trim() === '') throw usage('--shell needs a line to run');
    return { kind: 'shell', command: shell };
  }
  if (argv.length > 0) return { kind: 'exec', argv };
  throw usage('say what to run: `countersign run -- COMMAND ARGUMENT...` or `run --shell LINE`');
}

function variables(given: readonly string[]): Record<string, string> {
  const pairs = given.map((text): [string, string] => {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(0, at));
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw usage(`--env ${JSON.stringify(text)}: write NAME=value`);
    }
    return [name, text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** Milliseconds of an option such as `30m`. */
export function durationMs(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw usage(`${option} ${JSON.stringify(text)}: write a duration such as 30m, 1h30m or 45s`);
}

async function readStdin({ stdin, isInteractive }: Terminal): Promise<Buffer> {
  if (isInteractive)
    throw usage('--stdin takes a file or a pipe: `countersign run --stdin ... < file`');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > STDIN_LIMIT_BYTES) {
      throw usage(
        `standard input has more than ${STDIN_LIMIT_BYTES} bytes: put it in a file of the workspace`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
