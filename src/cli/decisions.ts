// `countersign approve` and `countersign reject`: deciding from a terminal, with an approver token.
import type { Command } from 'commander';
import type { ApprovalForm } from '../gateway/forms.ts';
import { globalsOf, subcommand } from './globals.ts';
import { parseTime } from './policy-edit.ts';
import type { Terminal } from './terminal.ts';
import { approverClientOf, withToken } from './token.ts';
import { safe } from './told.ts';

interface DecisionAnswer {
  readonly outcome: string;
  readonly message: string;
  readonly approval: ApprovalForm;
}

export function registerApprove(program: Command, io: Terminal): void {
  const command = subcommand(program, 'approve', 'countersign an action: it runs once')
    .argument('<id>', 'its id, or the beginning of it')
    .option('--for <time>', 'and allow exactly this for a time, such as 1h', parseTime)
    .addHelpText('after', DECISION_HELP)
    .action(async (id: string, options: { for?: string }, self: Command) => {
      const more = options.for === undefined ? {} : { for: options.for };
      await decide('approve', id, more, self, io);
    });
  withToken(command);
}

export function registerReject(program: Command, io: Terminal): void {
  const command = subcommand(program, 'reject', 'refuse an action: it never runs')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('[reason...]', 'why, for who asked')
    .addHelpText('after', DECISION_HELP)
    .action(async (id: string, reason: string[], _options: unknown, self: Command) => {
      const more = reason.length === 0 ? {} : { reason: reason.join(' ') };
      await decide('reject', id, more, self, io);
    });
  withToken(command);
}

const DECISION_HELP = `
It needs an approver token: --token-file, else COUNTERSIGN_TOKEN (or _FILE), else it is
asked for. Exit codes: 0 decided (or decided so before), 1 refused (somebody decided
otherwise, your own action, a lockdown), 2 wrong use or token, 3 no control plane, 4 expired.`;

async function decide(
  decision: 'approve' | 'reject',
  id: string,
  more: { readonly reason?: string; readonly for?: string },
  command: Command,
  io: Terminal,
): Promise<void> {
  const client = await approverClientOf(command, io);
  const answer = await client.expect<DecisionAnswer>(
    'POST',
    `/v1/approvals/${encodeURIComponent(id)}/decision`,
    { body: { decision, ...more } },
  );
  if (globalsOf(command).json) return io.stdout(`${JSON.stringify(answer)}\n`);
  return io.stdout(`${safe(answer.message)}\n  ${safe(answer.approval.command)}\n`);
}
