// !lockdown and !unlock: stopping everything is one word, going on takes an owner and a second one.
import type { Identity } from '../bus/messages.ts';
import { candidateId } from '../interlock/ids.ts';
import { lockdownText } from '../interlock/interlock.ts';
import { type ChatCommand, type ChatPorts, say } from './command.ts';

const CONFIRM_WITHIN_MS = 60_000;

export const lockdown: ChatCommand = {
  word: 'lockdown',
  usage: '!lockdown [why]',
  summary: 'nothing is approved and nothing starts, until an owner lifts it',
  needs: 'approver',
  async run(call, ports) {
    const reason = call.rest === '' ? null : call.rest;
    const { revoked } = await ports.interlock.lockDown(call.actor, reason);
    const running = (await ports.interlock.ports.ledger.live()).filter(
      ({ state }) => state === 'running',
    );
    const goesOn =
      running.length === 0
        ? 'Nothing is running.'
        : `Still running: ${running.map(({ id }) => id).join(', ')}.`;
    return say(
      `Lockdown. Nothing is approved and nothing starts. ${revoked} released actions were revoked. ${goesOn} An owner lifts it with !unlock.`,
    );
  },
};

/**
 * Unlocking needs the code of a fresh answer, so that one mistyped word does not reopen the gate.
 */
export function createUnlock(): ChatCommand {
  const codes = new Map<Identity, { code: string; untilMs: number }>();
  const unlock: ChatCommand = {
    word: 'unlock',
    usage: '!unlock [CODE]',
    summary: 'lifts the lockdown; asks for a confirmation',
    needs: 'owner',
    async run(call, ports) {
      const inForce = await ports.interlock.ports.ledger.lockdown();
      if (inForce === null) return say('There is no lockdown.');
      const now = ports.clock.now();
      const asked = codes.get(call.actor);
      if (asked !== undefined && now < asked.untilMs && call.rest.toUpperCase() === asked.code) {
        codes.delete(call.actor);
        await ports.interlock.unlock(call.actor);
        return say('The lockdown is lifted. What was revoked must be asked for anew.');
      }
      return confirmation(call.actor, inForce, now, ports, codes);
    },
  };
  return unlock;
}

function confirmation(
  actor: Identity,
  inForce: Parameters<typeof lockdownText>[0],
  now: number,
  ports: ChatPorts,
  codes: Map<Identity, { code: string; untilMs: number }>,
) {
  const code = candidateId(ports.random);
  codes.set(actor, { code, untilMs: now + CONFIRM_WITHIN_MS });
  return say(
    `There is a ${lockdownText(inForce)}. To lift it send within a minute: !unlock ${code}`,
  );
}
