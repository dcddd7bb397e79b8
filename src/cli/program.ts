// The command line as a whole: every subcommand registered, and how each way of ending becomes an
// exit code and a message.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { plainOutput } from '../guard/visible.ts';
import { registerAudit } from './audit.ts';
import { registerCheck } from './check.ts';
import { registerApprove, registerReject } from './decisions.ts';
import { registerDoctor } from './doctor.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { addGlobals, globalsOf } from './globals.ts';
import { registerHistory, registerPending } from './listing.ts';
import { registerPolicy } from './policy.ts';
import { registerRun } from './run.ts';
import { registerShow } from './show.ts';
import { registerStart } from './start.ts';
import { OutputClosed, type Terminal } from './terminal.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 refused or failed, 2 wrong use or configuration, 3 control plane not
reachable, 4 expired; run ends as its command did. Every command has --help.`;

/** Runs one command line (the arguments alone). Sets the exit code; never throws. */
export async function runCommandLine(argv: readonly string[], io: Terminal): Promise<void> {
  let json = false;
  const pending: Promise<void>[] = [];
  const program = buildProgram(io, pending);
  program.hook('preAction', (_program, command) => {
    ({ json } = globalsOf(command));
  });
  try {
    try {
      await program.parseAsync(argv, { from: 'user' });
    } finally {
      await Promise.all(pending);
    }
  } catch (error) {
    try {
      await told(error, json, io);
    } catch (again) {
      io.setExitCode(again instanceof OutputClosed ? EXIT.outputClosed : EXIT.refused);
    }
  }
}

/** The program with all of its commands. `pending` takes what commander writes itself. */
function buildProgram(io: Terminal, pending: Promise<void>[]): Command {
  const program = new Command('countersign');
  program
    .description('Software acts only after a person has countersigned.')
    .version(`countersign ${readVersion()}`, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how)')
    .configureOutput({
      writeOut: (text) => void pending.push(io.stdout(text)),
      writeErr: (text) => void pending.push(io.stderr(`${plainOutput(text)}\n`)),
      getOutHelpWidth: () => io.columns() ?? 100,
      getErrHelpWidth: () => io.columns() ?? 100,
    })
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  registerStart(program, io);
  registerRun(program, io);
  registerPending(program, io);
  registerShow(program, io);
  registerApprove(program, io);
  registerReject(program, io);
  registerHistory(program, io);
  registerPolicy(program, io);
  registerAudit(program, io);
  registerCheck(program, io);
  registerDoctor(program, io);
  addGlobals(program);
  return program;
}

async function told(error: unknown, json: boolean, io: Terminal): Promise<void> {
  if (error instanceof OutputClosed) {
    io.setExitCode(EXIT.outputClosed);
    return;
  }
  if (error instanceof CommanderError) {
    // Help that was asked for is no mistake; commander has said all else already.
    io.setExitCode(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    return;
  }
  if (error instanceof CommandFailed) {
    io.setExitCode(error.exitCode);
    const { code, message } = error;
    await io.stderr(`error: ${plainOutput(message)}\n`);
    if (json) await io.stdout(`${JSON.stringify({ error: { code, message } })}\n`);
    return;
  }
  io.setExitCode(EXIT.refused);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await io.stderr(
    `error: this is a bug of Countersign, please report it:\n${plainOutput(stack)}\n`,
  );
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
