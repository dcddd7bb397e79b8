// `countersign show ID`: one approval as a whole card, with what it printed.
import type { Command } from 'commander';
import type { Action } from '../bus/action.ts';
import type { OutputChunk } from '../bus/approval.ts';
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import type { ApprovalForm } from '../gateway/forms.ts';
import { terminalText } from '../guard/terminal-text.ts';
import { plainOutput } from '../guard/visible.ts';
import { globalsOf, subcommand } from './globals.ts';
import type { Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { localTime, roughly } from './told.ts';

const UNBOUNDED_COLUMNS = 100;

type Shown = ApprovalForm & {
  readonly output: readonly OutputChunk[];
  /** What to say beside the output. */
  readonly remarks: readonly string[];
};

export function registerShow(program: Command, io: Terminal): void {
  const command = subcommand(program, 'show', 'one action as a whole, with its output')
    .argument('<id>', 'its id, or the beginning of it')
    .action(async (id: string, _options: unknown, self: Command) => {
      const path = `/v1/approvals/${encodeURIComponent(id)}`;
      const shown = await clientOf(self, io).expect<Shown>('GET', path);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(shown)}\n`);
      const card = approvalCard(shown, io.clock.now());
      const columns = io.columns() ?? UNBOUNDED_COLUMNS;
      return io.stdout(terminalText(card, { columns, colour: io.colour }));
    });
  withToken(command);
}

/** The approval as a card for this terminal: times are local, and the output is whole. */
export function approvalCard(shown: Shown, nowMs: number): Card {
  return {
    blocks: [
      { kind: 'heading', tone: toneOf(shown.state), text: `${shown.id} ${shown.state}` },
      { kind: 'code', text: shown.command },
      { kind: 'fields', rows: fieldsOf(shown, nowMs) },
      ...quoteOf(shown),
      ...hintOf(shown),
      ...outputOf(shown),
    ],
  };
}

function toneOf(state: string): Tone {
  if (state === 'pending') return 'ask';
  if (state === 'succeeded') return 'good';
  return state === 'approved' || state === 'running' ? 'info' : 'bad';
}

function fieldsOf(shown: Shown, nowMs: number): [string, string][] {
  const action = shown.action as Action;
  const rows: [string, string][] = [
    ['stands', shown.standing],
    ['asked by', shown.requester],
    ['asked at', localTime(shown.created_at, nowMs)],
    ['in', action.cwd],
    ['workspace', shown.workspace],
    ['run by', action.kind === 'shell' ? 'bash' : 'no shell'],
  ];
  for (const [name, value] of Object.entries(action.env)) rows.push([name, value]);
  if (action.stdinDigest !== null) {
    rows.push(['standard input', `given, SHA-256 ${action.stdinDigest}`]);
  }
  rows.push(['sandbox', action.sandbox]);
  rows.push([`policy: ${shown.effect}`, shown.reasons.join('; ') || 'no rule']);
  for (const finding of shown.findings) {
    if (finding.severity === 'note') rows.push(['guard', `${finding.where}: ${finding.reason}`]);
  }
  if (shown.state === 'pending') {
    const left = roughly(Date.parse(shown.expires_at) - nowMs);
    rows.push(['until', `${localTime(shown.expires_at, nowMs)}, ${left} left`]);
    rows.push(['asked of', shown.asked.join(', ') || 'nobody: no approvers are configured']);
  }
  for (const { actor, at } of shown.votes) {
    rows.push(['approved by', `${actor} at ${localTime(at, nowMs)}`]);
  }
  if (shown.worker !== null) rows.push(['worker', shown.worker]);
  const { outcome } = shown;
  if (outcome !== null) {
    const took = outcome.duration_ms === null ? '' : ` after ${outcome.duration_ms} ms`;
    rows.push(['outcome', `${outcome.detail}${took}`]);
    if (outcome.unenforced.length > 0) rows.push(['not enforced', outcome.unenforced.join('; ')]);
  }
  rows.push(['digest', shown.digest]);
  return rows;
}

function quoteOf({ reason, requester }: Shown): CardBlock[] {
  return reason === null ? [] : [{ kind: 'quote', by: `${requester} says`, text: reason }];
}

function hintOf({ id, state }: Shown): CardBlock[] {
  if (state !== 'pending') return [];
  const text = `Answer: countersign approve ${id}  or  countersign reject ${id} why`;
  return [{ kind: 'text', text }];
}

function outputOf({ output, remarks, started_at: startedAt }: Shown): CardBlock[] {
  // Decoded together: a character may be split between two chunks.
  const bytes = Buffer.concat(output.map(({ base64 }) => Buffer.from(base64, 'base64')));
  const text = plainOutput(bytes.toString('utf8'));
  if (text === '') return startedAt === null ? [] : [{ kind: 'text', text: 'No output is kept.' }];
  return [
    { kind: 'text', text: 'Its output:' },
    { kind: 'output', text },
    ...(remarks.length === 0 ? [] : [{ kind: 'text' as const, text: remarks.join('\n') }]),
  ];
}
