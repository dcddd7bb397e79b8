// `countersign policy import`: the rules of another program as a policy file, with what could not
// be carried over; with --write they are added to the rules in force.
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readConfigFile } from '../config/document.ts';
import { openPolicyBook, PolicyFileError } from '../policies/book.ts';
import { UNCONDITIONAL } from '../policies/book-edits.ts';
import {
  IMPORT_SOURCES,
  type ImportSource,
  importText,
  placeOf,
  SOURCE_NAMES,
} from '../policies/import.ts';
import { type ImportedRule, type ImportReport, importedYaml } from '../policies/import-report.ts';
import { type Client, readGatewayFile, Unreachable } from './client.ts';
import { CommandFailed, EXIT, usage } from './exit.ts';
import { dataDirOf, globalsOf, subcommand } from './globals.ts';
import { configOf, policyPathOf } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { approverClientOf, withToken } from './token.ts';
import { safe } from './told.ts';

interface ImportOptions {
  readonly from: ImportSource;
  readonly write?: boolean;
  readonly yes?: boolean;
  readonly in?: string;
  readonly root?: string;
}

const HELP = `
claude-code  permissions of a settings.json: a project's rules are limited to that project
list         allow and deny lists in YAML or JSON, alone or under policies:
picoclaw     custom_deny_patterns of a config.json, or one expression a line

FILE may be - for standard input. What is printed is a policy file: each rule below the one
that it was made of, and at the end what was not carried over, with the reason. A rule is
carried over exactly or stricter, never looser.

With --write the rules are added to those in force: through the control plane (that needs
an approver token), or to the policy file where none runs.

Exit codes: 0 done, also where something was not carried over; 1 with --write, a rule was
refused; 2 wrong use, or a file that is something else.`;

export function registerPolicyImport(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'import', 'carry the rules of another program over')
    .argument('<file>', 'its file, or - for standard input')
    .addOption(
      new Option('--from <program>', 'whose rules they are')
        .choices(IMPORT_SOURCES)
        .makeOptionMandatory(),
    )
    .option('--in <dir>', 'only for this directory and below')
    .option('--root <dir>', 'where /path in a Claude Code rule begins')
    .option('--write', 'add them to the rules in force')
    .option('--yes', 'with --write: broad rules, too')
    .addHelpText('after', HELP)
    .action(async (file: string, options: ImportOptions, self: Command) => {
      await importFrom(file, options, self, io);
    });
  withToken(command);
}

async function importFrom(
  file: string,
  options: ImportOptions,
  command: Command,
  io: Terminal,
): Promise<void> {
  if (options.yes === true && options.write !== true) throw usage('--yes belongs to --write');
  const text = file === '-' ? await standardInput(io) : fileText(resolve(io.cwd(), file));
  const answer = importText(options.from, text, whereOf(file, options, io));
  if (!answer.ok) throw new CommandFailed(EXIT.usage, 'import', `${file}: ${answer.problem}`);
  const { report } = answer;
  const { json } = globalsOf(command);
  if (options.write === true) {
    const written = await write(report.rules, options, command, io);
    if (written.some(({ outcome }) => outcome === 'refused')) io.setExitCode(EXIT.refused);
    if (json) return io.stdout(`${JSON.stringify({ ...report, written })}\n`);
    return io.stdout(writtenText(written, report));
  }
  if (json) return io.stdout(`${JSON.stringify(report)}\n`);
  const title = `${SOURCE_NAMES[options.from]}, carried over from ${safe(file)}`;
  return io.stdout(importedYaml(report, title));
}

function whereOf(file: string, options: ImportOptions, io: Terminal) {
  const found =
    file === '-' ? { root: null, in: null } : placeOf(realPath(resolve(io.cwd(), file)), io.home);
  const given = options.in === undefined ? found.in : below(directory(options.in, io));
  const root = options.root === undefined ? found.root : directory(options.root, io);
  return { root, in: given };
}

function below(path: string): string {
  return /[*?]/.test(path) ? path : `${path === '/' ? '' : path}/**`;
}

/** A `~` in quotes is the home directory, too. */
function directory(text: string, io: Terminal): string {
  return resolve(io.cwd(), text.replace(/^~(?=\/|$)/, io.home));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function fileText(path: string): string {
  const read = readConfigFile(path);
  if (!read.ok) throw new CommandFailed(EXIT.usage, 'import', `${path}: ${read.problem}`);
  return decoded(read.bytes, path);
}

const INPUT_LIMIT_BYTES = 1024 * 1024;

async function standardInput(io: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > INPUT_LIMIT_BYTES) throw usage('standard input holds more than 1 MiB');
    chunks.push(bytes);
  }
  return decoded(Buffer.concat(chunks), 'standard input');
}

function decoded(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommandFailed(EXIT.usage, 'import', `${where}: this is not UTF-8 text`);
  }
}

interface Written {
  /** `deny: rm -r` */
  readonly rule: string;
  readonly outcome: 'added' | 'already there' | 'refused';
  readonly why: string | null;
}

/** Through the control plane; to the file where none runs. */
async function write(
  rules: readonly ImportedRule[],
  options: ImportOptions,
  command: Command,
  io: Terminal,
): Promise<Written[]> {
  try {
    readGatewayFile(dataDirOf(command, io));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return toFile(rules, command, io);
  }
  const client = await approverClientOf(command, io);
  try {
    return await overGateway(rules, options.yes === true, client);
  } catch (error) {
    // A file that a killed control plane left behind.
    if (!(error instanceof Unreachable) || error.mayHaveArrived) throw error;
    return toFile(rules, command, io);
  }
}

async function overGateway(
  rules: readonly ImportedRule[],
  confirm: boolean,
  client: Client,
): Promise<Written[]> {
  const written: Written[] = [];
  for (const { effect, pattern, in: cwd, reason } of rules) {
    const body = {
      effect,
      pattern,
      ...(cwd !== null && { in: cwd }),
      ...(reason !== null && { reason }),
      confirm,
    };
    const { status, body: answer } = await client.ask('POST', '/v1/policies', { body });
    const rule = `${effect}: ${pattern}`;
    const { already, error } = answer as { already?: boolean; error?: { message?: string } };
    if (status < 400) written.push(outcomeOf(rule, already === true));
    else written.push({ rule, outcome: 'refused', why: error?.message ?? `status ${status}` });
    // Without the right to edit nothing else will do better.
    if (status === 401 || status === 403) break;
  }
  return written;
}

async function toFile(
  rules: readonly ImportedRule[],
  command: Command,
  io: Terminal,
): Promise<Written[]> {
  const path = policyPathOf(configOf(command, io), command, io);
  const book = await opened(path);
  const written: Written[] = [];
  try {
    for (const { effect, pattern, in: cwd, reason } of rules) {
      const added = await book.add(effect, pattern, { ...UNCONDITIONAL, in: cwd, reason });
      const rule = `${effect}: ${pattern}`;
      if (added.ok) written.push(outcomeOf(rule, added.already));
      else written.push({ rule, outcome: 'refused', why: added.why });
    }
  } finally {
    await book.close();
  }
  await io.stderr(`No control plane is running; the rules are in ${safe(path)}.\n`);
  return written;
}

async function opened(path: string) {
  try {
    return await openPolicyBook({ path, log: () => undefined });
  } catch (error) {
    if (!(error instanceof PolicyFileError)) throw error;
    throw new CommandFailed(EXIT.usage, 'policies', error.problems.join('\n'));
  }
}

function outcomeOf(rule: string, already: boolean): Written {
  return { rule, outcome: already ? 'already there' : 'added', why: null };
}

function writtenText(written: readonly Written[], { lost }: ImportReport): string {
  const lines = written.flatMap(({ rule, outcome, why }) => [
    `${outcome.padEnd(13)}  ${safe(rule)}`,
    ...(why === null ? [] : [`               ${safe(why)}`]),
  ]);
  const missed = lost.flatMap(({ from, why }) => [`  ${safe(from)}`, `    ${safe(why)}`]);
  const count = (outcome: Written['outcome']) =>
    written.filter((one) => one.outcome === outcome).length;
  const summary = `${count('added')} added, ${count('already there')} already there, ${count('refused')} refused.`;
  return [...lines, summary, '', `Not carried over: ${lost.length}`, ...missed, ''].join('\n');
}
