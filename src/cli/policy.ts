// `countersign policy`: the rules in force with their use. Editing them is in policy-edit.ts.
import type { Command } from 'commander';
import type { RuleEntry } from '../policies/rules.ts';
import { Unreachable } from './client.ts';
import { globalsOf, subcommand } from './globals.ts';
import { registerPolicyCheck } from './policy-check.ts';
import { type GrantAnswer, registerPolicyEdits } from './policy-edit.ts';
import { registerPolicyImport } from './policy-import.ts';
import { registerPolicyTest } from './policy-test.ts';
import { rulesOf } from './settings.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { roughly, safe } from './told.ts';

interface RuleList {
  readonly version: string;
  /** Why the newest text of the file is not in force. */
  readonly problem: string | null;
  readonly rules: readonly (RuleEntry & Partial<Used>)[];
  readonly grants: readonly (GrantAnswer & Scope & Used)[];
}

interface Used {
  readonly uses: number;
  readonly last_used_at: string | null;
}

type Scope = Pick<RuleEntry, 'in' | 'from' | 'on' | 'reason' | 'dangerous' | 'approvals'> & {
  readonly created_by: string;
};

export function registerPolicy(program: Command, io: Terminal): void {
  const policy = program
    .command('policy')
    .description('the rules: check, test, list, add, remove, undo, import');
  registerPolicyCheck(policy, io);
  registerList(policy, io);
  registerPolicyEdits(policy, io);
  registerPolicyImport(policy, io);
  registerPolicyTest(policy, io);
}

function registerList(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'list', 'the rules in force, numbered').action(
    async (_options: unknown, self: Command) => {
      const list = await rulesInForce(self, io);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(list)}\n`);
      if (list.problem !== null) {
        await io.stderr(`The file was changed and is not in force: ${safe(list.problem)}\n`);
      }
      if (list.rules.length + list.grants.length === 0) {
        return io.stdout('There are no rules: everything is asked.\n');
      }
      const now = io.clock.now();
      const rows = [
        ...list.rules.map((rule) => {
          return [String(rule.number), rule.written, joined(notesOf(rule), usesOf(rule, now))];
        }),
        ...list.grants.map((grant) => {
          const left = `${leftOf(grant, now)}, by ${grant.created_by}`;
          return [grant.id, grant.written, joined(left, notesOf(grant), usesOf(grant, now))];
        }),
      ];
      const table = { heads: ['N', 'RULE', 'NOTES'], rows, flexible: [2, 1] };
      return io.stdout(tableText(table, io.columns()));
    },
  );
  withToken(command);
}

function notesOf(rule: Scope | RuleEntry | (RuleEntry & Partial<Used>)): string {
  const notes = [
    rule.dangerous ? 'DANGEROUS' : null,
    rule.approvals > 1 ? `${rule.approvals} approvals` : null,
    rule.in === null ? null : `in ${rule.in}`,
    rule.from === null ? null : `from ${rule.from}`,
    rule.on === null ? null : `on ${rule.on}`,
    'sandbox' in rule && rule.sandbox !== null ? `sandbox ${rule.sandbox}` : null,
    'paths' in rule && rule.paths !== null ? `paths ${rule.paths}` : null,
    'preset' in rule && rule.preset !== null ? `preset ${rule.preset}` : null,
    rule.reason,
  ];
  return joined(...notes.filter((note) => note !== null));
}

function joined(...notes: string[]): string {
  return notes.filter((note) => note !== '').join(', ');
}

/** `used 12 times, last 3 h ago`; empty where it never was, or no control plane was asked. */
function usesOf({ uses = 0, last_used_at: last = null }: Partial<Used>, now: number): string {
  if (uses === 0 || last === null) return '';
  const times = uses === 1 ? 'once' : `${uses} times`;
  return `used ${times}, last ${roughly(now - Date.parse(last))} ago`;
}

function leftOf({ expires_at: end, uses_left: uses }: GrantAnswer, now: number): string {
  const time = end === null ? null : roughly(Date.parse(end) - now);
  const count = uses === null ? null : uses === 1 ? '1 use' : `${uses} uses`;
  return `${[time, count].filter((part) => part !== null).join(' or ')} left`;
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
  return { version: rules.version, problem: null, rules: rules.rules, grants: [] };
}
