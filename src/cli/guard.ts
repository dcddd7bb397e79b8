// `countersign guard check`: what a text really is, for one text or for JSON lines on standard
// input. Nothing runs, and no control plane is needed.
import { type Command, Option } from 'commander';
import { checkLine, refusal } from '../guard/check-line.ts';
import { type Finding, SURFACES, type Surface } from '../guard/finding.ts';
import { inspect } from '../guard/inspect.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { type InputLine, inputLines } from './json-lines.ts';
import type { Terminal } from './terminal.ts';
import { indented, safe } from './told.ts';

interface CheckOptions {
  readonly surface: Surface;
  readonly stdin?: boolean;
}

const HELP = `
The first line of the answer is the verdict: block (what is seen is not what runs), warn
(visible, and dangerous: a person always decides) or clean; then what was found, where.

With --stdin each line is a JSON object {id, input, surface?}. Each is answered by one line,
in the same order: {id, verdict, findings: [{kind, severity, at, length, codePoint, reason}]}.
A line that cannot be read is answered with block.

Exit codes: 0 whatever the verdict, 2 wrong use.`;

export function registerGuard(program: Command, io: Terminal): void {
  const guard = program.command('guard').description('what a text really is');
  const surface = new Option('--surface <where>', 'where the text stands')
    .choices(SURFACES)
    .default('command');
  subcommand(guard, 'check', 'what hides in a text, and what it would do')
    .usage('[options] -- TEXT\n       countersign guard check --stdin [options]')
    .argument('[text]')
    .addOption(surface)
    .option('--stdin', 'answer JSON lines')
    .addHelpText('after', HELP)
    .action(async (text: string | undefined, options: CheckOptions, self: Command) => {
      if (options.stdin === true) await checkStdin(text, options.surface, io);
      else await checkOne(text, options.surface, self, io);
    });
}

async function checkOne(
  text: string | undefined,
  surface: Surface,
  command: Command,
  io: Terminal,
): Promise<void> {
  if (text === undefined) throw usage("say which text: `countersign guard check -- 'git status'`");
  const { verdict, findings } = inspect(text, surface);
  if (globalsOf(command).json) {
    await io.stdout(`${JSON.stringify({ input: text, surface, verdict, findings })}\n`);
    return;
  }
  const lines = [verdict, ...findings.map(findingLine)];
  await io.stdout(`${lines.map(indented).join('\n')}\n`);
}

function findingLine({ severity, kind, at, reason }: Finding): string {
  return safe(`${severity}: ${kind} at ${at}: ${reason}`);
}

async function checkStdin(text: string | undefined, surface: Surface, io: Terminal): Promise<void> {
  if (text !== undefined) throw usage('--stdin takes its texts from standard input alone');
  for await (const batch of inputLines(io.stdin)) {
    const answers = batch.map((line) => answerTo(line, surface));
    await io.stdout(answers.map((answer) => `${answer}\n`).join(''));
  }
}

function answerTo(line: InputLine, surface: Surface): string {
  return line.ok ? checkLine(line.text, surface) : refusal(line.id, line.problem);
}
