// The command line as a whole: every subcommand registered, and how each way of ending becomes an
// exit code and a message.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { plainOutput } from '../guard/visible.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { addGlobals, globalsOf } from './globals.ts';
import { OutputClosed, type Terminal } from './terminal.ts';

type Register = (program: Command, io: Terminal) => void;

// Loaded one by one: a `run` should not wait for the databases and chats that only `start` needs.
const COMMANDS: readonly (readonly [name: string, load: () => Promise<Register>])[] = [
  ['start', async () => (await import('./start.ts')).registerStart],
  ['run', async () => (await import('./run.ts')).registerRun],
  ['pending', async () => (await import('./listing.ts')).registerPending],
  ['show', async () => (await import('./show.ts')).registerShow],
  ['approve', async () => (await import('./decisions.ts')).registerApprove],
  ['reject', async () => (await import('./decisions.ts')).registerReject],
  ['history', async () => (await import('./listing.ts')).registerHistory],
  ['policy', async () => (await import('./policy.ts')).registerPolicy],
  ['guard', async () => (await import('./guard.ts')).registerGuard],
  ['tools', async () => (await import('./tools.ts')).registerTools],
  ['audit', async () => (await import('./audit.ts')).registerAudit],
  ['card', async () => (await import('./card.ts')).registerCard],
  ['check', async () => (await import('./check.ts')).registerCheck],
  ['doctor', async () => (await import('./doctor.ts')).registerDoctor],
];

const EXIT_CODES = `
Exit codes: 0 ok, 1 refused or failed, 2 wrong use or configuration, 3 control plane not
reachable, 4 expired; run ends as its command did. Every command has --help.`;

/** Runs one command line (the arguments alone). Sets the exit code; never throws. */
export async function runCommandLine(argv: readonly string[], io: Terminal): Promise<void> {
  let json = false;
  const pending: Promise<void>[] = [];
  try {
    const program = await buildProgram(argv, io, pending);
    program.hook('preAction', (_program, command) => {
      ({ json } = globalsOf(command));
    });
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

/**
 * The program with the command that `argv` names, or, where it names none that is known, with all
 * of them. `pending` takes what commander writes itself.
 */
async function buildProgram(
  argv: readonly string[],
  io: Terminal,
  pending: Promise<void>[],
): Promise<Command> {
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
  const named = COMMANDS.filter(([name]) => name === firstWord(argv));
  for (const [, load] of named.length > 0 ? named : COMMANDS) (await load())(program, io);
  addGlobals(program);
  return program;
}

/** The first argument that is neither an option of everybody nor its value. */
function firstWord(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word, index) => {
    const before = argv[index - 1];
    return !word.startsWith('-') && before !== '--data' && before !== '--config';
  });
  return argv[at];
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
