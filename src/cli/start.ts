// `countersign start`: the control plane in this terminal, from the first line to the last signal.
import { join } from 'node:path';
import type { Command } from 'commander';
import { createConsole } from '../adapters/console.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { resolveDataDir } from '../config/locations.ts';
import type { Config } from '../config/schema.ts';
import { secretValues } from '../config/secret-values.ts';
import { cardMarks } from '../guard/told-output.ts';
import { openLog } from '../log.ts';
import { StoreError } from '../store/errors.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { type Globals, globalsOf, subcommand } from './globals.ts';
import type { Terminal } from './terminal.ts';

interface StartOptions {
  readonly terminal: boolean;
  readonly workers: boolean;
}

export function registerStart(program: Command, io: Terminal): void {
  subcommand(program, 'start', 'start the control plane here, with its workers')
    .option('--no-workers', 'take no actions in this process')
    .option('--no-terminal', 'do not read commands from this terminal (for services)')
    .action(async (_options: unknown, command: Command) => {
      await start(command.optsWithGlobals<StartOptions>(), globalsOf(command), io);
    });
}

async function start(options: StartOptions, globals: Globals, io: Terminal): Promise<void> {
  const { env, home } = io;
  // Standard output is the document's alone with --json.
  const terminal = options.terminal && !globals.json;
  const loaded = loadConfig({ path: globals.config, env, cwd: io.cwd(), home });
  if (!loaded.ok) throw new CommandFailed(EXIT.usage, 'configuration', loaded.problems.join('\n'));
  const dataDir = resolveDataDir({ flag: globals.data, env, home });
  const { config, source, digest: configDigest } = loaded;
  const ended = waitForEnd(io);
  const logFile = io.isInteractive && terminal ? join(dataDir, 'countersign.log') : null;

  let app: App;
  try {
    app = await startApp({
      config,
      source,
      configDigest,
      dataDir,
      logFile,
      openLog: (file) => openLog({ file, level: config.log.level }),
      terminal: terminal ? terminalAdapter(io, config, () => ended.end('Ctrl-C')) : null,
      withWorkers: options.workers,
      host: { userId: io.uid ?? 0, groupId: io.gid ?? 0, arch: io.arch },
      path: env['PATH'] ?? '/usr/bin:/bin',
      onTakenOver: (why) => {
        io.setExitCode(EXIT.refused);
        ended.end(why);
      },
      clock: io.clock,
      random: io.random,
      ready: (parts) =>
        io.stdout(
          globals.json
            ? document(parts, dataDir)
            : banner(parts, config, { source, dataDir, logFile }, options),
        ),
    });
  } catch (error) {
    ended.cancel();
    throw explain(error);
  }
  const signal = await ended.promise;
  await io.stderr(`\nStopping (${signal}); what waits stays, what runs gets a moment to finish.\n`);
  await app.stop();
}

function terminalAdapter(io: Terminal, config: Config, onInterrupt: () => void) {
  return createConsole({
    input: io.stdin,
    output: io.output,
    interactive: io.isInteractive,
    columns: () => io.columns() ?? 100,
    colour: io.colour,
    sender: 'console:local',
    clock: io.clock,
    random: io.random,
    marks: cardMarks(secretValues(config)),
    onInterrupt,
  });
}

interface Ready {
  readonly gateway: { readonly host: string; readonly port: number };
  readonly status: readonly string[];
  readonly firstToken: string | null;
  readonly approvers: readonly string[];
}

/** One line of JSON once it is up. */
function document({ gateway, status, firstToken, approvers }: Ready, dataDir: string): string {
  const { host, port } = gateway;
  return `${JSON.stringify({ data: dataDir, host, port, approvers, status, token: firstToken })}\n`;
}

function banner(
  { gateway, status, firstToken, approvers }: Ready,
  config: Config,
  places: { source: string | null; dataDir: string; logFile: string | null },
  options: StartOptions,
): string {
  const lines = [
    'Countersign is up: nothing runs that a person or a rule has not released.',
    `  configuration  ${places.source ?? 'none, the defaults'}`,
    `  data           ${places.dataDir}`,
    `  gateway        http://${gateway.host}:${gateway.port}`,
    `  approvers      ${approvers.length === 0 ? 'NOBODY: add some under `approvers`' : approvers.join(', ')}`,
    ...(places.logFile === null ? [] : [`  log            ${places.logFile}`]),
    ...status.map((line) => `  ${line}`),
  ];
  if (!options.workers) lines.push('  no workers here: what is released waits for one');
  if (config.approvals.selfApproval)
    lines.push('  WARNING: requesters may approve their own actions');
  if (firstToken !== null) {
    lines.push(
      '',
      'A token for approving from another terminal, shown this once and kept only as a hash:',
      `  export COUNTERSIGN_TOKEN=${firstToken}`,
      'Keep it away from the agents that ask.',
    );
  }
  lines.push('', 'In another terminal: npx countersign run -- uname -a', 'Here: !help', '');
  return `${lines.join('\n')}\n`;
}

function waitForEnd(io: Terminal) {
  let end: (why: string) => void = () => undefined;
  const promise = new Promise<string>((resolve) => {
    end = resolve;
  });
  let asked = false;
  const cancel = io.onInterrupt((signal) => {
    // The second one means it.
    if (asked) process.exit(130);
    asked = true;
    end(signal);
  });
  return {
    promise,
    cancel,
    end: (why: string) => {
      if (asked) process.exit(130);
      asked = true;
      end(why);
    },
  };
}

// What a person can mend is told without a stack; the rest is a bug and shows one.
function explain(error: unknown): unknown {
  if (error instanceof StoreError) {
    return new CommandFailed(STORE_EXIT[error.kind], `store_${error.kind}`, error.message);
  }
  const told = error instanceof Error ? TOLD.get(error.name) : undefined;
  if (error instanceof Error && told !== undefined) {
    return new CommandFailed(told.exit, told.code, error.message);
  }
  return error;
}

const STORE_EXIT = {
  locked: EXIT.refused,
  unreachable: EXIT.unreachable,
  unreadable: EXIT.usage,
  newer: EXIT.usage,
  damaged: EXIT.usage,
} as const;

/** Errors by name whose message says what to do. */
const TOLD = new Map([
  ['QueueError', { exit: EXIT.unreachable, code: 'queue' }],
  ['GatewayError', { exit: EXIT.usage, code: 'gateway' }],
  ['PolicyFileError', { exit: EXIT.usage, code: 'policies' }],
  ['AuditKeyError', { exit: EXIT.usage, code: 'audit_keys' }],
  ['PlatformError', { exit: EXIT.usage, code: 'platform' }],
]);
