// The options that every subcommand takes, before or after its name: where the data folder and the
// configuration are, and `--json`.
import { type Command, Option } from 'commander';
import { resolveDataDir } from '../config/locations.ts';
import type { Terminal } from './terminal.ts';

/** A subcommand with `--json`; the other options of everybody come with `addGlobals`. */
export function subcommand(parent: Command, name: string, summary: string): Command {
  return parent
    .command(name)
    .description(summary)
    .addOption(new Option('--json', 'one JSON document on standard output, for programs'));
}

/** Gives `--data` and `--config` to the program and to every subcommand that lacks them. */
export function addGlobals(command: Command): void {
  const has = (long: string) => command.options.some((option) => option.long === long);
  if (!has('--data')) command.option('--data <dir>', 'data folder (else COUNTERSIGN_DATA)');
  if (!has('--config')) {
    command.option('--config <file>', 'configuration file (else COUNTERSIGN_CONFIG)');
  }
  for (const inner of command.commands) addGlobals(inner);
}

/** Options as given on this command or on any around it; the nearest wins. */
export function optionsOf(command: Command): Record<string, unknown> {
  const around = command.parent === null ? {} : optionsOf(command.parent);
  return { ...around, ...command.opts() };
}

export interface Globals {
  /** What `--data` said. */
  readonly data: string | null;
  /** What `--config` said. */
  readonly config: string | null;
  readonly json: boolean;
}

/** The options of everybody, as given. */
export function globalsOf(command: Command): Globals {
  const { data, config, json } = optionsOf(command);
  return {
    data: typeof data === 'string' ? data : null,
    config: typeof config === 'string' ? config : null,
    json: json === true,
  };
}

/** The data folder that this call is about. */
export function dataDirOf(command: Command, io: Terminal): string {
  return resolveDataDir({ flag: globalsOf(command).data, env: io.env, home: io.home });
}
