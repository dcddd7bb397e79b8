// !why: what the rules say of a line, or said of an approval, and what would have to change.
import type { Approval } from '../bus/approval.ts';
import type { Card } from '../bus/messages.ts';
import { ID_LENGTH } from '../interlock/ids.ts';
import { explainLines } from '../policies/explain.ts';
import { remedyLines } from '../policies/remedy.ts';
import { typedForm } from '../policies/rule-words.ts';
import { type Call, type ChatCommand, type ChatPorts, findApproval, say } from './command.ts';

export const why: ChatCommand = {
  word: 'why',
  usage: '!why LINE|ID',
  summary: 'how a line is read, what the rules say of it, and why',
  needs: 'requester',
  async run(call, ports) {
    const approval = await meantApproval(call, ports);
    if (approval !== null) return explained(approval, `${approval.id} was judged so`, ports);
    if (call.rest === '') return say(`Which line? ${why.usage}, such as !why git push`);
    const request = { kind: 'shell', command: call.rest } as const;
    const context = { requester: call.actor, origin: call.via, idempotencyKey: null };
    const intake = await ports.intake(request, context);
    if (!intake.ok) return say(`It would not be taken: ${intake.problem}`);
    const { frozen } = intake.submission;
    const grants = await ports.interlock.grants();
    const judgement = ports.interlock.ports.judge(frozen, call.actor, grants, null);
    return explained({ frozen, judgement, requester: call.actor }, 'As it stands now', ports);
  },
};

/** An id that is there means its approval; so does an answer to a card. Else it is a line. */
async function meantApproval(call: Call, ports: ChatPorts): Promise<Approval | null> {
  const isId =
    call.rest.length === ID_LENGTH && (await ports.interlock.resolve(call.rest)).kind === 'one';
  if (!isId && (call.rest !== '' || call.replyTo === null)) return null;
  const found = await findApproval(call.rest, call, ports);
  return found.ok ? found.approval : null;
}

async function explained(
  judged: Pick<Approval, 'frozen' | 'judgement' | 'requester'>,
  heading: string,
  { edits }: ChatPorts,
): Promise<Card> {
  const { frozen, judgement, requester } = judged;
  const { action } = frozen;
  const context = edits.context(requester, action.cwd);
  const form = { in: action.cwd, from: requester, on: null, approvals: 1, uses: null };
  const remedy = remedyLines(
    { action, judgement, context },
    await edits.rules(),
    (pattern) => `!allow ${typedForm({ pattern, ...form })}`,
  );
  const tone = ({ allow: 'good', ask: 'ask', deny: 'bad' } as const)[judgement.effect];
  const [headline = '', ...lines] = explainLines(judgement, true);
  return {
    blocks: [
      { kind: 'heading', tone, text: headline },
      { kind: 'code', text: [`${heading}, in ${action.cwd}:`, ...lines, ...remedy].join('\n') },
    ],
  };
}
