// `countersign run`: submits a command, waits for the countersignature, passes the output on, and
// ends as the command ended.
import { type Command, Option } from 'commander';
import { SandboxProfile } from '../bus/action.ts';
import type { ApprovalForm } from '../gateway/forms.ts';
import { type Client, Unreachable } from './client.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { type Followed, follow, sleep } from './follow.ts';
import { globalsOf, subcommand } from './globals.ts';
import { Leaving } from './leaving.ts';
import { RunOutput } from './run-output.ts';
import { durationMs, type RunOptions, submissionOf } from './submission.ts';
import { OutputClosed, type Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { endLine, progressLine, safe, waitingLines } from './told.ts';

const KEY_BYTES = 16;
const RESUBMIT_PAUSE_MS = 500;

export function registerRun(program: Command, io: Terminal): void {
  const command = subcommand(program, 'run', 'submit a command, wait for approval, run it')
    .usage('[options] -- COMMAND ARGUMENT...\n       countersign run [options] --shell LINE')
    .argument('[argv...]', 'the command and its arguments, run without a shell')
    .option('--shell <line>', 'a line for bash instead of a command')
    .option('--reason <text>', 'why it is needed, for who approves')
    .option('--cwd <dir>', 'where it runs (default: here)')
    .option('--env <name=value>', 'a variable for it; may be repeated', collect)
    .option('--stdin', 'give it standard input, at most 1 MiB')
    .option('--expires-in <duration>', 'how long it waits for an answer, such as 30m')
    .addOption(
      new Option('--sandbox <profile>', 'how it is confined').choices(SandboxProfile.options),
    )
    .option('--key <key>', 'idempotency key: the same key again is the same action')
    .option('--no-wait', 'print the id and leave')
    .option('--reconnect <duration>', 'how long to wait for a lost control plane', '5m')
    .passThroughOptions()
    .addHelpText('after', RUN_HELP)
    .action(async (argv: string[], options: RunOptions, self: Command) => {
      await run(argv, options, self, io);
    });
  withToken(command);
}

const RUN_HELP = `
Exit codes: the command's own once it ran; 1 rejected, denied, cancelled, revoked or of
unknown outcome; 2 wrong use; 3 no control plane (or lost for longer than --reconnect);
4 expired; 130 taken back with Ctrl-C.

Waiting is told on standard error; standard output is the command's own. With --json it
is one document: {id, state, exit_code, decision, outcome, stdout, stderr}.

  countersign run -- npm publish
  countersign run --reason "release 1.2" --shell 'make && make install'`;

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

async function run(
  argv: readonly string[],
  options: RunOptions,
  command: Command,
  io: Terminal,
): Promise<void> {
  const { json } = globalsOf(command);
  const client = clientOf(command, io);
  const reconnectMs = durationMs('--reconnect', options.reconnect);
  const body = await submissionOf(argv, options, io);
  const key = options.key ?? `cli-${Buffer.from(io.random(KEY_BYTES)).toString('hex')}`;
  const output = new RunOutput(io, json);
  const leaving = new Leaving(io, client);
  try {
    const first = await submit(client, body, key, { io, reconnectMs, leaving });
    if (first.notice !== null) await io.stderr(`${safe(first.notice)}\n`);
    if (!options.wait) {
      await tellSubmitted(first, output, io, json);
      return;
    }
    if (first.state === 'pending') await io.stderr(waitingLines(first, io.clock.now()));
    const followed = await watch(client, first, { io, output, reconnectMs, leaving });
    await leaving.settled();
    await end(followed, first.id, output, leaving, io);
  } finally {
    leaving.dispose();
  }
}

type Submitted = ApprovalForm & { readonly notice: string | null };

/** Submits; when the answer is lost on the way, asks again under the same key. */
async function submit(
  client: Client,
  body: Record<string, unknown>,
  key: string,
  { io, reconnectMs, leaving }: { io: Terminal; reconnectMs: number; leaving: Leaving },
): Promise<Submitted> {
  const until = io.clock.now() + reconnectMs;
  let arrived = false;
  for (;;) {
    try {
      const first = await client.expect<Submitted>('POST', '/v1/actions', {
        body,
        headers: { 'idempotency-key': key },
        signal: leaving.signal,
      });
      await leaving.submitted(first.id);
      return first;
    } catch (error) {
      if (leaving.signal.aborted) {
        const message = 'left before the control plane answered: it may have been submitted';
        throw new CommandFailed(EXIT.interrupted, 'interrupted', message);
      }
      if (!(error instanceof Unreachable)) throw error;
      arrived ||= error.mayHaveArrived;
      if (!arrived || io.clock.now() >= until) throw error;
      await sleep(io.clock, RESUBMIT_PAUSE_MS, leaving.signal);
    }
  }
}

async function tellSubmitted(
  first: ApprovalForm,
  output: RunOutput,
  io: Terminal,
  json: boolean,
): Promise<void> {
  if (json) await output.document(first);
  else await io.stdout(`${first.id}\n`);
  if (first.state === 'denied') {
    await io.stderr(`${endLine(first)}\n`);
    io.setExitCode(EXIT.refused);
  } else if (!json) {
    await io.stderr(`${safe(first.standing)}. Look later: countersign show ${first.id}\n`);
  }
}

async function watch(
  client: Client,
  first: ApprovalForm,
  ports: { io: Terminal; output: RunOutput; reconnectMs: number; leaving: Leaving },
): Promise<Followed> {
  const { io, output, reconnectMs, leaving } = ports;
  let last = first;
  try {
    return await follow(first.id, {
      client,
      clock: io.clock,
      reconnectMs,
      signal: leaving.signal,
      async onState(approval) {
        const line = progressLine(last, approval);
        last = approval;
        if (line !== null) await io.stderr(`${line}\n`);
      },
      onOutput: (stream, bytes) => output.take(stream, bytes),
      onLost: () =>
        io.stderr(
          'The control plane does not answer. Waiting for it to come back; nothing is lost.\n',
        ),
      onBack: () => io.stderr('The control plane is back.\n'),
    });
  } catch (error) {
    // Nobody reads the output any more: as a pipe would, that ends the command.
    if (error instanceof OutputClosed) await leaving.askToStop();
    throw error;
  }
}

async function end(
  followed: Followed,
  id: string,
  output: RunOutput,
  leaving: Leaving,
  io: Terminal,
): Promise<void> {
  switch (followed.kind) {
    case 'left':
      await io.stderr(`Left. ${id} goes on without you: countersign show ${id}\n`);
      io.setExitCode(leaving.exitCode());
      return;
    case 'lost':
      throw new CommandFailed(
        EXIT.unreachable,
        'unreachable',
        `the control plane did not come back. ${id} is on its record: when it runs again, look with \`countersign show ${id}\``,
      );
    case 'ended': {
      const { approval } = followed;
      await output.finish(approval);
      const line = endLine(approval);
      if (line !== null) await io.stderr(`${line}\n`);
      const taken = approval.state === 'cancelled' && leaving.interrupt !== null;
      io.setExitCode(taken ? leaving.exitCode() : exitCodeOf(approval));
      return;
    }
  }
}

/** What `run` ends with: the command's own code, 4 for expired, 1 for all else that did not run. */
export function exitCodeOf({ state, outcome }: ApprovalForm): number {
  if (state === 'succeeded') return outcome?.exit_code ?? EXIT.ok;
  if (state === 'failed') return outcome?.exit_code || EXIT.refused;
  return state === 'expired' ? EXIT.expired : EXIT.refused;
}
