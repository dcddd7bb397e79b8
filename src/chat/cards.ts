// How an approval looks, whatever the chat: its card while it waits and after, and its result.
import type { Approval, OutputChunk } from '../bus/approval.ts';
import { commandText } from '../bus/command-text.ts';
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { findingText } from '../guard/guarded.ts';
import { toldOutput } from '../guard/told-output.ts';
import { decided, moment, standing } from '../interlock/describe.ts';

/** Characters of output shown in a chat: its end, which is where commands say how they went. */
const OUTPUT_EXCERPT_CHARS = 1_500;

/**
 * The card of an approval: what would run, who asks, why it is asked, how to answer. `offer`: it
 * can be allowed beforehand, by these patterns.
 */
export function approvalCard(approval: Approval, offer: readonly string[] | null = null): Card {
  return {
    blocks: [
      { kind: 'heading', tone: toneOf(approval), text: headingOf(approval) },
      { kind: 'code', text: commandText(approval.frozen.action) },
      { kind: 'fields', rows: fieldsOf(approval) },
      ...reasonOf(approval),
      ...(approval.state === 'pending' ? [answerHint(approval, offer)] : []),
    ],
  };
}

/** How it ended, with the end of what it printed. */
export function resultCard(
  approval: Approval,
  output: readonly OutputChunk[],
  secrets: readonly string[] = [],
): Card {
  const excerpt = outputExcerpt(output, secrets);
  const blocks: CardBlock[] = [
    { kind: 'heading', tone: toneOf(approval), text: headingOf(approval) },
    { kind: 'code', text: commandText(approval.frozen.action) },
  ];
  if (excerpt !== null) {
    blocks.push({ kind: 'text', text: excerpt.cut ? 'The end of its output:' : 'Its output:' });
    blocks.push({ kind: 'output', text: excerpt.text });
    if (excerpt.remarks.length > 0) {
      blocks.push({ kind: 'text', text: excerpt.remarks.join('\n') });
    }
  } else if (approval.startedAt !== null) {
    blocks.push({ kind: 'text', text: 'It printed nothing.' });
  }
  const unenforced = approval.outcome?.unenforced ?? [];
  if (unenforced.length > 0) {
    blocks.push({ kind: 'text', text: `Not enforced on this machine: ${unenforced.join('; ')}.` });
  }
  return { blocks };
}

/** One line a approval for lists. */
export function listLine(approval: Approval): string {
  const text = commandText(approval.frozen.action).replaceAll(/\s+/g, ' ');
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return `${approval.id}  ${short}  (${approval.requester}; ${standing(approval)})`;
}

function headingOf(approval: Approval): string {
  switch (approval.state) {
    case 'pending':
      return `${approval.id} waits for approval`;
    case 'succeeded':
      return `${approval.id} succeeded`;
    case 'failed':
      return `${approval.id} failed: ${approval.outcome?.detail ?? ''}`;
    case 'unknown':
      return `${approval.id}: outcome unknown`;
    case 'approved':
    case 'running':
      return `${approval.id} was ${kindAndActor(approval)}`;
    default:
      return `${approval.id} ${kindAndActor(approval)}`;
  }
}

function kindAndActor({ state, decision }: Approval): string {
  if (decision === null) return state;
  const { kind, actor } = decision;
  return kind === 'expired' || kind === 'denied' ? kind : `${kind} by ${actor}`;
}

function toneOf(approval: Approval): Tone {
  switch (approval.state) {
    case 'pending':
      return 'ask';
    case 'succeeded':
      return 'good';
    case 'approved':
    case 'running':
      return 'info';
    default:
      return 'bad';
  }
}

function fieldsOf(approval: Approval): [string, string][] {
  const { action, digest } = approval.frozen;
  const rows: [string, string][] = [
    ['asked by', approval.requester],
    ['in', action.cwd],
  ];
  const variables = Object.entries(action.env).map(([name, value]) => `${name}=${value}`);
  if (variables.length > 0) rows.push(['environment', variables.join(' ')]);
  if (action.stdinDigest !== null) {
    rows.push(['standard input', `given, SHA-256 ${action.stdinDigest.slice(0, 12)}`]);
  }
  rows.push(['sandbox', `${action.sandbox}, no network`]);
  const why = approval.judgement.reasons[0];
  if (why !== undefined) rows.push(['why it asks', why]);
  for (const finding of approval.judgement.findings) {
    const text = findingText(finding);
    if (text !== why) rows.push(['guard', text.replace(/^guard: /, '')]);
  }
  if (approval.state === 'pending') {
    rows.push(['until', moment(approval.expiresAt)]);
    if (approval.votesNeeded > 1) {
      const by = approval.votes.map(({ actor }) => actor).join(', ');
      const have = `${approval.votes.length} of ${approval.votesNeeded}`;
      rows.push(['approvals', by === '' ? have : `${have}: ${by}`]);
    }
  } else {
    rows.push(['decision', decided(approval)]);
    if (approval.outcome !== null) rows.push(['outcome', approval.outcome.detail]);
  }
  rows.push(['digest', digest.slice(0, 12)]);
  return rows;
}

function reasonOf(approval: Approval): CardBlock[] {
  if (approval.requestReason === null) return [];
  return [{ kind: 'quote', by: `${approval.requester} says`, text: approval.requestReason }];
}

function answerHint(approval: Approval, offer: readonly string[] | null): CardBlock {
  const { id, judgement } = approval;
  const text = `Answer: !approve ${id}  or  !reject ${id} why`;
  if (offer === null) return { kind: 'text', text };
  const what = judgement.commands.length === 1 ? 'exactly this' : offer.join(' and ');
  return {
    kind: 'text',
    text: `${text}\nApprove, and allow ${what} for an hour: !approve ${id} for 1h`,
  };
}

function outputExcerpt(
  output: readonly OutputChunk[],
  secrets: readonly string[],
): { text: string; cut: boolean; remarks: readonly string[] } | null {
  // Decoded together: a character may be split between two chunks.
  const bytes = Buffer.concat(output.map(({ base64 }) => Buffer.from(base64, 'base64')));
  const raw = bytes.toString('utf8').trimEnd();
  if (raw === '') return null;
  // Whole, before it is cut: half a secret is one, too.
  const { text, remarks } = toldOutput(raw, secrets);
  const cut = text.length > OUTPUT_EXCERPT_CHARS;
  return { text: (cut ? text.slice(-OUTPUT_EXCERPT_CHARS) : text).toWellFormed(), cut, remarks };
}
