// `countersign policy test`: every example in a policy file and its presets, all failures at once.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readPolicyText } from '../policies/disk.ts';
import type { TestedRule } from '../policies/examples.ts';
import { readCommandText } from '../policies/explain.ts';
import { type PolicyTest, testPolicyFile } from '../policies/policy-test.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { configOf, policyPathOf } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { indented, safe } from './told.ts';

const HELP = `
Each example is judged by its rule alone, wherever and for whomever the rule is meant. A file
whose examples fail is not in force: the rules before the edit stay.

Exit codes: 0 all hold, 1 an example does not hold, 2 wrong use, or a file with other mistakes.`;

export function registerPolicyTest(policy: Command, io: Terminal): void {
  subcommand(policy, 'test', 'whether every example in the policy file holds')
    .option('--policies <file>', 'the file to test (default: the one in use)')
    .addHelpText('after', HELP)
    .action(async ({ policies }: { policies?: string }, self: Command) => {
      await test(policies, self, io);
    });
}

async function test(named: string | undefined, command: Command, io: Terminal): Promise<void> {
  const path =
    named === undefined
      ? policyPathOf(configOf(command, io), command, io)
      : resolve(io.cwd(), named);
  const read = await readPolicyText(path);
  if (!read.ok) throw new CommandFailed(EXIT.usage, 'policies', read.problem);
  if (read.text === null && named !== undefined) {
    throw new CommandFailed(EXIT.usage, 'policies', `${path}: there is no such file`);
  }
  const found = testPolicyFile(read.text ?? '', path);
  if (found.problems.length > 0) io.setExitCode(EXIT.usage);
  else if (found.failing.length > 0) io.setExitCode(EXIT.refused);
  if (globalsOf(command).json) return io.stdout(`${JSON.stringify(documentOf(path, found))}\n`);
  if (read.text === null) await io.stderr(`There is no ${safe(path)} yet.\n`);
  for (const problem of found.problems) await io.stderr(`${safe(problem)}\n`);
  const lines = found.failing.flatMap(failingLines);
  await io.stdout([...lines.map(indented), summary(found), ''].join('\n'));
}

function summary({ examples, rules, failing, problems }: PolicyTest): string {
  const failed = failing.reduce((sum, one) => sum + one.failures.length, 0);
  if (failed === 0 && problems.length > 0) return 'The file does not load: nothing was tested.';
  const end =
    failed === 0 ? 'all hold' : failed === 1 ? '1 does not hold' : `${failed} do not hold`;
  return `${examples} ${examples === 1 ? 'example' : 'examples'} of ${rules} ${rules === 1 ? 'rule' : 'rules'}: ${end}`;
}

/** The rule, then each example with how it was read and why. */
function failingLines({ at, written, failures }: TestedRule): string[] {
  return [
    `${at}: ${written}`,
    ...failures.flatMap(({ line, list, judgement, why }) => [
      list === 'match'
        ? `  does not match ${JSON.stringify(line)}, which is in its match`
        : `  matches ${JSON.stringify(line)}, which is in its not_match`,
      ...judgement.commands.map((command) => `    read as  ${readCommandText(command)}`),
      ...why.map((reason) => `    because  ${reason}`),
    ]),
    '',
  ];
}

function documentOf(path: string, found: PolicyTest) {
  const failing = found.failing.flatMap(({ at, written, failures }) =>
    failures.map(({ line, list, judgement, why }) => ({
      at,
      rule: written,
      example: line,
      list,
      commands: judgement.commands.map((one) => one.words),
      understood: judgement.understood,
      reasons: why,
    })),
  );
  const { examples, rules, problems } = found;
  return {
    ok: failing.length + problems.length === 0,
    policies: path,
    examples,
    rules,
    failing,
    problems,
  };
}
