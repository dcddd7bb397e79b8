// !run: asking for an action from a chat. It goes the same way as every other submission.
import { standing } from '../interlock/describe.ts';
import { type ChatCommand, say } from './command.ts';

export const run: ChatCommand = {
  word: 'run',
  usage: '!run LINE',
  summary: 'asks for a shell line to be run in your workspace',
  needs: 'requester',
  async run(call, ports) {
    if (call.rest === '') return say(`What? ${run.usage}`);
    if (!ports.mayNow('submit', call.actor)) {
      return say('Too many submissions in a minute. This one was not taken; try again shortly.');
    }
    const intake = await ports.intake(
      { kind: 'shell', command: call.rest },
      { requester: call.actor, origin: call.via, idempotencyKey: call.eventKey },
    );
    if (!intake.ok) return say(`Not taken: ${intake.problem}`);
    const { approval } = await ports.interlock.submit(intake.submission);
    // A pending one shows as its card, here as everywhere.
    if (approval.judgement.effect === 'ask' && approval.state === 'pending') return null;
    return say(`${approval.id}: ${standing(approval)}.`);
  },
};
