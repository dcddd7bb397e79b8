// !approve and !reject: the answers that everything else is for.
import { describeDecided } from '../interlock/describe.ts';
import { ID_LENGTH } from '../interlock/ids.ts';
import { approvalCard } from './cards.ts';
import { type Call, type ChatCommand, type ChatPorts, findApproval, say } from './command.ts';
import { firstWord } from './grammar.ts';

export const approve: ChatCommand = {
  word: 'approve',
  usage: '!approve ID',
  summary: 'releases it: it runs once, exactly as shown',
  needs: 'approver',
  async run(call, ports) {
    const { word, after } = firstWord(call.rest);
    if (after !== '') return say(`Nothing was approved: ${approve.usage} takes an id and no more.`);
    return decide('approve', word, null, call, ports);
  },
};

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
  if (!ports.mayNow('decide', call.actor)) {
    return say('Too many decisions in a minute. This one was not made; try again shortly.');
  }
  const found = await findApproval(typed, call, ports);
  if (!found.ok) return found.answer;
  const { approval } = found;
  // What an approver cannot see whole it must not approve (I3): elsewhere it can be read.
  if (
    verdict === 'approve' &&
    approval.state === 'pending' &&
    !ports.showsWhole(call.via.platform, approvalCard(approval))
  ) {
    return say(
      `${approval.id} is too long to be shown whole here, so it cannot be approved from here. Read it with \`countersign show ${approval.id}\` and approve it in a terminal.`,
    );
  }
  const answer = await ports.interlock.decide({
    id: approval.id,
    verdict,
    actor: call.actor,
    reason,
    via: call.via,
  });
  return say(describeDecided(answer, verdict));
}
