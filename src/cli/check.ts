// `countersign check`: whether the configuration and the rules would load, with every mistake.
import type { Command } from 'commander';
import { EXIT } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { loadedConfig, policyPathOf, type RulesAnswer, readRules } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { safe } from './told.ts';

export function registerCheck(program: Command, io: Terminal): void {
  subcommand(program, 'check', 'whether configuration and rules would load')
    .addHelpText('after', '\nExit codes: 0 both are right, 2 a mistake was found; all are printed.')
    .action(async (_options: unknown, self: Command) => {
      await check(self, io);
    });
}

async function check(command: Command, io: Terminal): Promise<void> {
  const loaded = loadedConfig(command, io);
  // Without a configuration nobody knows which rules would be read.
  const rules = loaded.ok ? await readRules(policyPathOf(loaded, command, io)) : null;
  const problems = [
    ...(loaded.ok ? [] : loaded.problems),
    ...(rules === null || rules.ok ? [] : rules.problems),
  ];
  if (problems.length > 0) io.setExitCode(EXIT.usage);
  if (globalsOf(command).json) {
    const source = loaded.ok ? loaded.source : null;
    const policies = rules?.ok === true && rules.exists ? rules.path : null;
    const document = { ok: problems.length === 0, problems, configuration: source, policies };
    return io.stdout(`${JSON.stringify(document)}\n`);
  }
  if (loaded.ok) await io.stdout(`configuration: ${safe(loaded.source ?? 'none, the defaults')}\n`);
  if (rules?.ok === true) await io.stdout(`rules: ${rulesLine(rules)}\n`);
  for (const problem of problems) await io.stderr(`${safe(problem)}\n`);
  if (problems.length === 0) return io.stdout('Everything is right.\n');
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  const more = rules === null ? ' The rules were not looked at.' : '';
  return io.stderr(`${count}.${more}\n`);
}

function rulesLine({ rules, path, exists }: Extract<RulesAnswer, { ok: true }>): string {
  if (!exists) return `none: ${safe(path)} is not there yet, so everything is asked`;
  return `${rules.rules.length} in ${safe(path)}`;
}
