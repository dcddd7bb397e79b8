// !allow, !deny, !forget, !policies: the policy file, edited from a chat and in force at once.
import type { Effect } from '../bus/messages.ts';
import { type Call, type ChatCommand, type ChatPorts, say, sayLines } from './command.ts';
import { decide } from './decisions.ts';
import { lockdown } from './lockdown.ts';

export const allow: ChatCommand = {
  word: 'allow',
  usage: '!allow PATTERN',
  summary: 'such commands run without being asked, from now on',
  needs: 'policy',
  run: (call, ports) => add('allow', call, ports),
};

export const deny: ChatCommand = {
  word: 'deny',
  usage: '!deny PATTERN',
  summary: 'such commands are refused from now on; `!deny *` is the lockdown',
  needs: 'policy',
  async run(call, ports) {
    if (call.rest === '*') return lockdown.run({ ...call, rest: '' }, ports);
    // People reject with "deny": a pending id is never meant as a pattern (F004).
    const resolved = /^[0-9A-Za-z]{5}$/.test(call.rest)
      ? await ports.interlock.resolve(call.rest)
      : { kind: 'none' as const };
    if (resolved.kind === 'one') {
      const approval = await ports.interlock.ports.ledger.get(resolved.id);
      if (approval?.state === 'pending') return decide('reject', approval.id, null, call, ports);
    }
    return add('deny', call, ports);
  },
};

export const forget: ChatCommand = {
  word: 'forget',
  usage: '!forget NUMBER',
  summary: 'takes a rule out of the policies (see !policies for its number)',
  needs: 'policy',
  async run(call, ports) {
    if (call.rest === '') return say(`Which one? ${forget.usage}`);
    const removed = await ports.book.remove(call.rest);
    if (!removed.ok) return say(`Nothing was removed: ${removed.why}`);
    const { written } = removed.entry;
    await ports.interlock.record('policy.removed', call.actor, {
      rule: written,
      version: ports.book.current().version,
    });
    return say(`Removed: ${written}. It is no longer in force.`);
  },
};

export const policies: ChatCommand = {
  word: 'policies',
  usage: '!policies',
  summary: 'the rules in force, numbered',
  needs: 'requester',
  async run(_call, ports) {
    const rules = ports.book.list();
    const problem = ports.book.problem();
    const lines = rules.map(({ number, written, reason }) =>
      reason === null ? `${number}. ${written}` : `${number}. ${written}   # ${reason}`,
    );
    if (problem !== null) lines.push(`The file was changed and is not in force: ${problem}`);
    if (rules.length === 0) return say('There are no rules: everything is asked.');
    return sayLines('Rules in force (deny beats ask beats allow; all else asks)', lines);
  },
};

async function add(effect: Effect, call: Call, ports: ChatPorts) {
  if (call.rest === '')
    return say(`Which commands? !${effect} PATTERN, such as !${effect} git status`);
  const added = await ports.book.add(effect, call.rest);
  if (!added.ok) return say(`The rule was not added: ${added.why}`);
  const { written, number } = added.entry;
  if (added.already) return say(`That rule is there already: ${number}. ${written}`);
  await ports.interlock.record('policy.added', call.actor, {
    rule: written,
    version: ports.book.current().version,
  });
  return say(`Rule ${number} is in force: ${written}. Take it back with !forget ${number}.`);
}
