// `countersign policy`: the rules in force, and editing them over the gateway as chat does.
import type { Command } from 'commander';
import { Effect } from '../bus/messages.ts';
import type { RuleEntry } from '../policies/rules.ts';
import { Unreachable } from './client.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { registerPolicyCheck } from './policy-check.ts';
import { rulesOf } from './settings.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';
import { approverClientOf, clientOf, withToken } from './token.ts';
import { safe } from './told.ts';

interface RuleList {
  readonly version: string;
  /** Why the newest text of the file is not in force. */
  readonly problem: string | null;
  readonly rules: readonly RuleEntry[];
}

export function registerPolicy(program: Command, io: Terminal): void {
  const policy = program.command('policy').description('the rules: check, list, add, remove');
  registerPolicyCheck(policy, io);
  registerList(policy, io);
  registerAdd(policy, io);
  registerRemove(policy, io);
}

function registerList(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'list', 'the rules in force, numbered').action(
    async (_options: unknown, self: Command) => {
      const list = await rulesInForce(self, io);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(list)}\n`);
      if (list.problem !== null) {
        await io.stderr(`The file was changed and is not in force: ${safe(list.problem)}\n`);
      }
      if (list.rules.length === 0) {
        return io.stdout('There are no rules: everything is asked.\n');
      }
      const rows = list.rules.map((rule) => [String(rule.number), rule.written, notesOf(rule)]);
      const table = { heads: ['N', 'RULE', 'NOTES'], rows, flexible: [2, 1] };
      return io.stdout(tableText(table, io.columns()));
    },
  );
  withToken(command);
}

function notesOf(rule: RuleEntry): string {
  const notes = [
    rule.dangerous ? 'DANGEROUS' : null,
    rule.approvals > 1 ? `${rule.approvals} approvals` : null,
    rule.in === null ? null : `in ${rule.in}`,
    rule.from === null ? null : `from ${rule.from}`,
    rule.on === null ? null : `on ${rule.on}`,
    rule.sandbox === null ? null : `sandbox ${rule.sandbox}`,
    rule.reason,
  ];
  return notes.filter((note) => note !== null).join(', ');
}

/** From the control plane; where none runs, from the file that it would read. */
async function rulesInForce(command: Command, io: Terminal): Promise<RuleList> {
  try {
    return await clientOf(command, io).expect<RuleList>('GET', '/v1/policies');
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
  const { rules, path, exists } = await rulesOf(undefined, command, io);
  const where = exists ? `these are in ${safe(path)}` : `there is no ${safe(path)} either`;
  await io.stderr(`No control plane is running; ${where}.\n`);
  return { version: rules.version, problem: null, rules: rules.rules };
}

function registerAdd(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'add', 'add a rule; it is in force at once')
    .argument('<effect>', Effect.options.join(', '))
    .argument('<pattern...>', "words, in quotes: 'npm run test:*'")
    .addHelpText('after', EDIT_HELP)
    .action(async (effect: string, words: string[], _options: unknown, self: Command) => {
      const known = Effect.safeParse(effect);
      if (!known.success) {
        throw usage(`${JSON.stringify(effect)} is no effect: write ${Effect.options.join(', ')}`);
      }
      const client = await approverClientOf(self, io);
      const body = { effect: known.data, pattern: words.join(' ') };
      const added = await client.expect<{ rule: RuleEntry; already: boolean }>(
        'POST',
        '/v1/policies',
        { body },
      );
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(added)}\n`);
      const { number, written } = added.rule;
      const how = added.already ? 'was there already' : 'is in force';
      return io.stdout(`Rule ${number} ${how}: ${safe(written)}\n`);
    });
  withToken(command);
}

function registerRemove(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'remove', 'take a rule out, by its number or its text')
    .argument('<which...>', 'its number in `policy list`, its pattern, or `effect: pattern`')
    .addHelpText('after', EDIT_HELP)
    .action(async (words: string[], _options: unknown, self: Command) => {
      const client = await approverClientOf(self, io);
      const path = `/v1/policies/${encodeURIComponent(words.join(' '))}`;
      const removed = await client.expect<{ rule: RuleEntry }>('DELETE', path);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(removed)}\n`);
      return io.stdout(`Removed: ${safe(removed.rule.written)}. It is no longer in force.\n`);
    });
  withToken(command);
}

const EDIT_HELP = `
It needs an approver token: --token-file, else COUNTERSIGN_TOKEN (or _FILE), else it is
asked for. Exit codes: 0 done, 1 refused (the rule is too wide, or is not there), 2 wrong
use or token, 3 no control plane.`;
