// `countersign approve` and `countersign reject`: deciding from a terminal, with an approver token.
import type { Command } from 'commander';
import type { ApprovalForm } from '../gateway/forms.ts';
import { globalsOf, subcommand } from './globals.ts';
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
    .addHelpText('after', DECISION_HELP)
    .action(async (id: string, _options: unknown, self: Command) => {
      await decide('approve', id, null, self, io);
    });
  withToken(command);
}

export function registerReject(program: Command, io: Terminal): void {
  const command = subcommand(program, 'reject', 'refuse an action: it never runs')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('[reason...]', 'why, for who asked')
    .addHelpText('after', DECISION_HELP)
    .action(async (id: string, reason: string[], _options: unknown, self: Command) => {
      await decide('reject', id, reason.length === 0 ? null : reason.join(' '), self, io);
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
  reason: string | null,
  command: Command,
  io: Terminal,
): Promise<void> {
  const client = await approverClientOf(command, io);
  const answer = await client.expect<DecisionAnswer>(
    'POST',
    `/v1/approvals/${encodeURIComponent(id)}/decision`,
    { body: { decision, ...(reason === null ? {} : { reason }) } },
  );
  if (globalsOf(command).json) return io.stdout(`${JSON.stringify(answer)}\n`);
  return io.stdout(`${safe(answer.message)}\n  ${safe(answer.approval.command)}\n`);
}
