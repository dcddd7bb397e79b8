// The configuration and the policies that a command works with: found, read, or refused with every
// problem at once.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type LoadAnswer, loadConfig } from '../config/load.ts';
import { readPolicyText } from '../policies/disk.ts';
import { parsePolicyFile } from '../policies/policy-file.ts';
import type { RuleSet } from '../policies/rules.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { dataDirOf, globalsOf } from './globals.ts';
import type { Terminal } from './terminal.ts';

export type Loaded = Extract<LoadAnswer, { ok: true }>;

/** The configuration as it is found, with all that is wrong with it. */
export function loadedConfig(command: Command, io: Terminal): LoadAnswer {
  const { config } = globalsOf(command);
  return loadConfig({ path: config, env: io.env, cwd: io.cwd(), home: io.home });
}

/** The configuration; a wrong one ends the command. */
export function configOf(command: Command, io: Terminal): Loaded {
  const loaded = loadedConfig(command, io);
  if (loaded.ok) return loaded;
  throw new CommandFailed(EXIT.usage, 'configuration', loaded.problems.join('\n'));
}

/** Where the rules are: as the configuration says, else in the data folder. */
export function policyPathOf(loaded: Loaded, command: Command, io: Terminal): string {
  return loaded.config.policies ?? join(dataDirOf(command, io), 'policies.yaml');
}

export type RulesAnswer =
  | {
      readonly ok: true;
      readonly rules: RuleSet;
      readonly path: string;
      /** False where there is no such file: then there are no rules. */
      readonly exists: boolean;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The rules in a file; a missing one is an empty one. */
export async function readRules(path: string): Promise<RulesAnswer> {
  const read = await readPolicyText(path);
  if (!read.ok) return { ok: false, problems: [read.problem] };
  const parsed = parsePolicyFile(read.text ?? '', path);
  if (!parsed.ok) return parsed;
  return { ok: true, rules: parsed.rules, path, exists: read.text !== null };
}

/** The rules that a command judges by: of `--policies`, which must exist, or the usual ones. */
export async function rulesOf(
  named: string | undefined,
  command: Command,
  io: Terminal,
): Promise<Extract<RulesAnswer, { ok: true }>> {
  const path =
    named === undefined
      ? policyPathOf(configOf(command, io), command, io)
      : resolve(io.cwd(), named);
  const read = await readRules(path);
  if (!read.ok) throw new CommandFailed(EXIT.usage, 'policies', read.problems.join('\n'));
  if (named !== undefined && !read.exists) {
    throw new CommandFailed(EXIT.usage, 'policies', `${path}: there is no such file`);
  }
  return read;
}
