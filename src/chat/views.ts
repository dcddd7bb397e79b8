// The commands that only look: !pending, !show, !history, !status, !whoami.
import { approvalCard, listLine, resultCard } from './cards.ts';
import { type ChatCommand, findApproval, say, sayLines } from './command.ts';

const LISTED = 20;

export const pending: ChatCommand = {
  word: 'pending',
  usage: '!pending',
  summary: 'what waits for an answer',
  needs: 'requester',
  async run(_call, ports) {
    const { ledger } = ports.interlock.ports;
    const list = await ledger.list({ states: ['pending'], requester: null, limit: LISTED + 1 });
    if (list.length === 0) return say('Nothing waits for approval.');
    const lines = list.slice(0, LISTED).map(listLine);
    if (list.length > LISTED) lines.push(`and more; see \`countersign pending\``);
    return sayLines('Waiting for approval', lines);
  },
};

export const history: ChatCommand = {
  word: 'history',
  usage: '!history',
  summary: 'the newest approvals and how they ended',
  needs: 'requester',
  async run(_call, ports) {
    const { ledger } = ports.interlock.ports;
    const list = await ledger.list({ states: null, requester: null, limit: LISTED });
    if (list.length === 0) return say('Nothing was ever asked for.');
    return sayLines('The newest approvals', list.map(listLine));
  },
};

export const show: ChatCommand = {
  word: 'show',
  usage: '!show ID',
  summary: 'one approval, whole',
  needs: 'requester',
  async run(call, ports) {
    const found = await findApproval(call.rest, call, ports);
    if (!found.ok) return found.answer;
    const { approval } = found;
    const card = approvalCard(approval);
    if (approval.startedAt === null) return card;
    const output = await ports.interlock.ports.ledger.output(approval.id);
    // The command is in the card already; of the result only what follows it.
    return { blocks: [...card.blocks, ...resultCard(approval, output).blocks.slice(2)] };
  },
};

export const status: ChatCommand = {
  word: 'status',
  usage: '!status',
  summary: 'whether every part works',
  needs: 'requester',
  async run(_call, ports) {
    return sayLines('Status', await ports.status());
  },
};

export const whoami: ChatCommand = {
  word: 'whoami',
  usage: '!whoami',
  summary: 'your identity and what you may do',
  needs: 'requester',
  async run(call) {
    return say(`You are ${call.actor}: ${[...call.roles].join(', ')}.`);
  },
};
