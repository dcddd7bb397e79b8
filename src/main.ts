// The binary: makes the port of this process and runs one command line with it. With app.ts and
// config/ the only place that looks at `process`.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { systemClock, systemRandom } from './bus/clock.ts';
import { CommandFailed, EXIT } from './cli/exit.ts';
import { runCommandLine } from './cli/program.ts';
import { type Interrupt, OutputClosed, type Terminal } from './cli/terminal.ts';

const INTERRUPTS: readonly Interrupt[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const FOR_EVER_MS = 2_147_483_647;

function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const isInteractive = stdin.isTTY === true && stdout.isTTY === true;
  // The error of a closed pipe comes to the callback of its write, and here as well.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    stdout: (data) =>
      new Promise((resolve, reject) => {
        stdout.write(data, (error) => {
          if (error) reject(new OutputClosed(error.message));
          else resolve();
        });
      }),
    stderr: (data) =>
      new Promise((resolve) => {
        stderr.write(data, () => resolve());
      }),
    stdin,
    output: stdout,
    errorOutput: stderr,
    isInteractive,
    columns: () => (stdout.isTTY === true ? stdout.columns || 80 : null),
    colour: stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    env,
    cwd: workingDirectory,
    home: homedir(),
    uid: process.getuid?.() ?? null,
    gid: process.getgid?.() ?? null,
    arch: process.arch,
    pid: process.pid,
    nodeVersion: process.versions.node,
    clock: systemClock,
    random: systemRandom,
    onInterrupt(handler) {
      for (const signal of INTERRUPTS) process.on(signal, handler);
      return () => {
        for (const signal of INTERRUPTS) process.off(signal, handler);
      };
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    const message = 'the working directory is gone: change to one that exists';
    throw new CommandFailed(EXIT.usage, 'usage', message);
  }
}

/** Node reads bytes that are no UTF-8 as U+FFFD: that would show and run what nobody typed. */
function argumentsAreText(argv: readonly string[]): boolean {
  if (!argv.some((argument) => argument.includes('\uFFFD'))) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(readFileSync('/proc/self/cmdline'));
    return true;
  } catch (error) {
    // Where there is no such file, U+FFFD itself is shown and runs: what is approved is what runs.
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

const terminal = processTerminal();
const argv = process.argv.slice(2);
if (argumentsAreText(argv)) {
  // Timers of ours never keep Node alive, and a command that waits must not end in silence.
  const alive = setInterval(() => undefined, FOR_EVER_MS);
  await runCommandLine(argv, terminal);
  clearInterval(alive);
} else {
  await terminal.stderr(
    'error: an argument is not valid UTF-8, so it could not be shown as it is\n',
  );
  terminal.setExitCode(EXIT.usage);
}
