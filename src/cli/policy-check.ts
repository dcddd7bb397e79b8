// `countersign policy check`: what the rules say of one line, or of JSON lines on standard input.
// Nothing runs, and no control plane is needed.
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Action } from '../bus/action.ts';
import { commandText } from '../bus/command-text.ts';
import { Identity, type Judgement } from '../bus/messages.ts';
import { guarded } from '../guard/guarded.ts';
import { checkLine } from '../policies/check-line.ts';
import { explainLines } from '../policies/explain.ts';
import { judge } from '../policies/judge.ts';
import { remedyLines } from '../policies/remedy.ts';
import { resolveLinks } from '../policies/tools-links.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { type InputLine, inputLines } from './json-lines.ts';
import { rulesOf } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { indented } from './told.ts';

interface CheckOptions {
  readonly policies?: string;
  readonly cwd?: string;
  readonly from?: string;
  readonly stdin?: boolean;
}

const HELP = `
One argument after -- is a line for the shell; several are one command, word by word.
The first line of the answer is the effect: allow, ask or deny.

With --stdin each line is a JSON object {id, command, cwd?, allow?, deny?} or, for the call
of a tool, {id, tool, arguments, ...}: given lists replace the rules. Each is answered by one line, in the same order:
{id, effect, understood, commands, reasons}. A line that cannot be read is answered, too.

Exit codes: 0 whatever the effect, 2 wrong use, or rules that do not load.`;

export function registerPolicyCheck(policy: Command, io: Terminal): void {
  subcommand(policy, 'check', 'what the rules say of a line, and why')
    .usage('[options] -- LINE\n       countersign policy check --stdin [options]')
    .argument('[line...]')
    .option('--policies <file>', 'the rules to judge by (default: those in force)')
    .option('--cwd <dir>', 'where it would run (default: here)')
    .option('--from <identity>', 'who would ask (default: you)', parseIdentity)
    .option('--stdin', 'answer JSON lines')
    .addHelpText('after', HELP)
    .action(async (line: string[], options: CheckOptions, self: Command) => {
      if (options.stdin === true) await checkStdin(line, options, self, io);
      else await checkOne(line, options, self, io);
    });
}

function parseIdentity(text: string): string {
  const parsed = Identity.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be platform:stable-id, such as telegram:123456.');
}

async function checkOne(
  words: readonly string[],
  options: CheckOptions,
  command: Command,
  io: Terminal,
): Promise<void> {
  const [line] = words;
  if (line === undefined) {
    throw usage("say which line: `countersign policy check -- 'git push | tee log'`");
  }
  const { rules, path, exists } = await rulesOf(options.policies, command, io);
  const cwd = resolve(io.cwd(), options.cwd ?? '.');
  const frame = { cwd, env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const action: Action =
    words.length === 1
      ? { kind: 'shell', command: line, ...frame }
      : { kind: 'exec', argv: [...words], ...frame };
  const requester = options.from ?? `local:${io.uid ?? 0}`;
  const platform = requester.split(':', 1)[0] ?? '';
  const judgement = guardedHere(
    judge(action, rules, { requester, platform, cwd, home: io.home }),
    action,
  );
  if (globalsOf(command).json) {
    const { effect, understood, approvals, commands, reasons, warnings, findings } = judgement;
    const document = {
      command: commandText(action),
      effect,
      understood,
      approvals,
      commands: commands.map((one) => one.words),
      reasons,
      warnings,
      findings,
      parts: commands,
      policies: exists ? path : null,
    };
    await io.stdout(`${JSON.stringify(document)}\n`);
    return;
  }
  const context = { requester, platform, cwd, home: io.home };
  const remedy = remedyLines({ action, judgement, context }, rules, (pattern) => {
    return `countersign policy add allow ${quoted(pattern)} --in ${quoted(cwd)}`;
  });
  const lines = [judgement.effect, ...explainLines(judgement), ...remedy];
  await io.stdout(`${lines.map(indented).join('\n')}\n`);
}

/** As a control plane with the guard's default would: nobody has given a reason here. */
function guardedHere(judgement: Judgement, action: Action): Judgement {
  return guarded(judgement, { action, reason: null }, { strict: false });
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./~^-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

async function checkStdin(
  words: readonly string[],
  options: CheckOptions,
  command: Command,
  io: Terminal,
): Promise<void> {
  if (words.length > 0) throw usage('--stdin takes its lines from standard input alone');
  if (options.from !== undefined) throw usage('--from cannot be given together with --stdin');
  const { rules } = await rulesOf(options.policies, command, io);
  const cwd = resolve(io.cwd(), options.cwd ?? '.');
  const defaults = { cwd, home: io.home, resolveLinks, guard: guardedHere };
  for await (const batch of inputLines(io.stdin)) {
    const answers = batch.map((line) => answerTo(line, (text) => checkLine(text, rules, defaults)));
    await io.stdout(answers.map((answer) => `${answer}\n`).join(''));
  }
}

function answerTo(line: InputLine, check: (text: string) => string): string {
  let problem: string;
  if (line.ok) {
    try {
      return check(line.text);
    } catch (error) {
      // A line that breaks the check must not take the lines after it along.
      problem = `the check failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  } else problem = line.problem;
  const { id } = line;
  return JSON.stringify({
    id,
    effect: 'ask',
    understood: false,
    commands: [],
    reasons: [problem],
  });
}
