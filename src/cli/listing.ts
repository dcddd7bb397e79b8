// `countersign pending` and `countersign history`: what waits, and what became of the rest.
import type { Command } from 'commander';
import { ApprovalState } from '../bus/approval.ts';
import type { ApprovalForm } from '../gateway/forms.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { localTime, roughly } from './told.ts';

const MOST_LISTED = 500;

export function registerPending(program: Command, io: Terminal): void {
  const command = subcommand(program, 'pending', 'what waits for an answer').action(
    async (_options: unknown, self: Command) => {
      const approvals = await listed(self, io, `state=pending&limit=${MOST_LISTED}`);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify({ approvals })}\n`);
      if (approvals.length === 0) return io.stdout('Nothing waits for approval.\n');
      const now = io.clock.now();
      const table = {
        heads: ['ID', 'COMMAND', 'ASKED BY', 'LEFT'],
        rows: approvals.map((form) => [form.id, form.command, form.requester, left(form, now)]),
        flexible: [1, 2],
      };
      return io.stdout(tableText(table, io.columns()));
    },
  );
  withToken(command);
}

export function registerHistory(program: Command, io: Terminal): void {
  const command = subcommand(program, 'history', 'the newest actions and how they ended')
    .option('--limit <n>', `how many, 1 to ${MOST_LISTED}`, '20')
    .option('--state <states>', `only these, comma separated: ${ApprovalState.options.join(', ')}`)
    .action(async (options: { limit: string; state?: string }, self: Command) => {
      const approvals = await listed(self, io, historyQuery(options));
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify({ approvals })}\n`);
      if (approvals.length === 0) return io.stdout('There is nothing to list.\n');
      const now = io.clock.now();
      const table = {
        heads: ['ID', 'ASKED', 'COMMAND', 'ASKED BY', 'STATE', 'HOW IT STANDS'],
        rows: approvals.map((form) => [
          form.id,
          localTime(form.created_at, now),
          form.command,
          form.requester,
          form.state,
          form.standing,
        ]),
        flexible: [5, 2, 3],
      };
      return io.stdout(tableText(table, io.columns()));
    });
  withToken(command);
}

/** The time left, and how many of several approvals are there. */
function left(form: ApprovalForm, nowMs: number): string {
  const time = roughly(Date.parse(form.expires_at) - nowMs);
  if (form.votes_needed < 2) return time;
  return `${time}, ${form.votes.length} of ${form.votes_needed} approvals`;
}

function historyQuery({ limit, state }: { limit: string; state?: string }): string {
  const query = new URLSearchParams({ limit: String(wholeNumber('--limit', limit, MOST_LISTED)) });
  if (state === undefined) return query.toString();
  const known: readonly string[] = ApprovalState.options;
  const unknown = state.split(',').find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw usage(`--state ${JSON.stringify(unknown)}: known are ${known.join(', ')}`);
  }
  query.set('state', state);
  return query.toString();
}

/** A whole number from 1 to `most`, as an option has it. */
export function wholeNumber(option: string, text: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw usage(`${option} ${JSON.stringify(text)}: write a whole number from 1 to ${most}`);
}

async function listed(
  command: Command,
  io: Terminal,
  query: string,
): Promise<readonly ApprovalForm[]> {
  const answer = await clientOf(command, io).expect<{ approvals: ApprovalForm[] }>(
    'GET',
    `/v1/approvals?${query}`,
  );
  return answer.approvals;
}
