// !approve and !reject: the answers that everything else is for.
import type { Approval } from '../bus/approval.ts';
import { permits } from '../bus/people.ts';
import { describeDecided } from '../interlock/describe.ts';
import { grantExactly, grantedText, NOT_EXACT } from '../interlock/exact-grants.ts';
import { ID_LENGTH } from '../interlock/ids.ts';
import type { Decided } from '../interlock/interlock.ts';
import { readDuration } from '../policies/duration.ts';
import { approvalCard } from './cards.ts';
import { type Call, type ChatCommand, type ChatPorts, findApproval, say } from './command.ts';
import { firstWord } from './grammar.ts';

export const approve: ChatCommand = {
  word: 'approve',
  usage: '!approve ID [for 1h]',
  summary: 'releases it: it runs once, exactly as shown (`for`: and again, unasked, for a time)',
  needs: 'approver',
  async run(call, ports) {
    const read = readApprove(call.rest);
    if (!read.ok) return say(`Nothing was approved: ${read.why}.`);
    if (read.forMs === null) return decide('approve', read.id, null, call, ports);
    if (!permits(call.roles, 'policy')) {
      return say('Nothing was approved: `for` needs the role policy; see !whoami.');
    }
    return approveFor(read.id, read.forMs, call, ports);
  },
};

type Approve =
  | { readonly ok: true; readonly id: string; readonly forMs: number | null }
  | { readonly ok: false; readonly why: string };

function readApprove(rest: string): Approve {
  const [, id = '', time] = /^(?:(?!for\s)(\S+))?(?:(?:^|\s+)for\s+(.+))?$/is.exec(rest) ?? [];
  if (rest !== '' && id === '' && time === undefined) {
    return { ok: false, why: `${approve.usage} takes an id, and no more than a time` };
  }
  if (time === undefined) return { ok: true, id, forMs: null };
  const duration = readDuration(time.trim());
  if (duration.kind === 'ok') return { ok: true, id, forMs: duration.ms };
  const why = duration.kind === 'wrong' ? duration.why : 'write a time such as 30m or 1h';
  return { ok: false, why: `for ${time}: ${why}` };
}

/** Approves, and allows exactly this for a time: nothing happens where only one of both can. */
async function approveFor(typed: string, forMs: number, call: Call, ports: ChatPorts) {
  const found = await findApproval(typed, call, ports);
  if (!found.ok) return found.answer;
  const { approval } = found;
  const { edits } = ports;
  const patterns = await edits.exactly(approval);
  if (patterns === null && approval.state === 'pending') {
    return say(`Nothing was approved: ${NOT_EXACT}. To approve it once: !approve ${approval.id}`);
  }
  const decided = await decision('approve', approval, null, call, ports);
  if (decided.kind !== 'decided' || patterns === null) return say(decided.text);
  const granted = await grantExactly(edits, approval, patterns, forMs, call.actor);
  if (!granted.ok) return say(`${decided.text} It is not allowed beforehand: ${granted.why}`);
  const back = granted.grants.length === 1 ? '!undo takes it back.' : '!forget takes each back.';
  return say(`${decided.text} ${grantedText(approval, granted.grants, forMs)} ${back}`);
}

export const reject: ChatCommand = {
  word: 'reject',
  usage: '!reject ID [why]',
  summary: 'refuses it; the reason is told to whoever asked',
  needs: 'approver',
  async run(call, ports) {
    const { id, reason } = await idAndReason(call, ports);
    return decide('reject', id, reason, call, ports);
  },
};

// In an answer to a card the whole rest is the reason, unless it begins with the id of an approval.
async function idAndReason(call: Call, { interlock }: ChatPorts) {
  const { word, after } = firstWord(call.rest);
  const isId =
    call.replyTo === null ||
    (word.length === ID_LENGTH && (await interlock.resolve(word)).kind === 'one');
  const reason = isId ? after : call.rest;
  return { id: isId ? word : '', reason: reason === '' ? null : reason };
}

/** Decides for the caller; also what `!deny ID` does. */
export async function decide(
  verdict: 'approve' | 'reject',
  typed: string,
  reason: string | null,
  call: Call,
  ports: ChatPorts,
) {
  const found = await findApproval(typed, call, ports);
  if (!found.ok) return found.answer;
  return say((await decision(verdict, found.approval, reason, call, ports)).text);
}

/** One answer to one approval, with what to tell whoever gave it. */
async function decision(
  verdict: 'approve' | 'reject',
  approval: Approval,
  reason: string | null,
  call: Call,
  ports: ChatPorts,
): Promise<{ readonly kind: Decided['kind'] | 'not-made'; readonly text: string }> {
  if (!ports.mayNow('decide', call.actor)) {
    const text = 'Too many decisions in a minute. This one was not made; try again shortly.';
    return { kind: 'not-made', text };
  }
  // What an approver cannot see whole it must not approve (I3): elsewhere it can be read.
  if (
    verdict === 'approve' &&
    approval.state === 'pending' &&
    !ports.showsWhole(
      call.via.platform,
      approvalCard(approval, await ports.edits.exactly(approval)),
    )
  ) {
    const text = `${approval.id} is too long to be shown whole here, so it cannot be approved from here. Read it with \`countersign show ${approval.id}\` and approve it in a terminal.`;
    return { kind: 'not-made', text };
  }
  const { id } = approval;
  const answer = await ports.interlock.decide({
    id,
    verdict,
    actor: call.actor,
    reason,
    via: call.via,
  });
  if (answer.kind === 'decided' && verdict === 'approve') ports.edits.approved(answer.approval);
  return { kind: answer.kind, text: describeDecided(answer, verdict) };
}
