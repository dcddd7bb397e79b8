// !policies, !forget and !undo: looking at the rules in force, and taking changes back.
import { type ChatCommand, say, sayLines } from './command.ts';
import { listedRules } from './rule-cards.ts';

/** Rules on one page: what a phone shows without much scrolling. */
const PAGE = 15;

export const policies: ChatCommand = {
  word: 'policies',
  usage: '!policies [WORD] [PAGE]',
  summary: 'the rules and grants in force, numbered, with their use',
  needs: 'requester',
  async run(call, ports) {
    const { filter, page } = wanted(call.rest);
    const list = await ports.edits.list();
    const broken =
      list.problem === null ? [] : [`The file was changed and is not in force: ${list.problem}`];
    if (list.rules.length + list.grants.length === 0) {
      return say(['There are no rules: everything is asked.', ...broken].join('\n'));
    }
    const all = listedRules(list, ports.clock.now());
    const found = all.filter(({ lines }) => lines.join('\n').toLowerCase().includes(filter));
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    if (found.length === 0) return say(`None of the ${all.length} rules speaks of ${filter}.`);
    if (page > pages) return say(`There is no page ${page}: the last one is ${pages}.`);
    const shown = found.slice((page - 1) * PAGE, page * PAGE);
    const lines = [...shown.flatMap((one) => one.lines), ...broken];
    if (page < pages) {
      const next = ['!policies', filter, String(page + 1)].filter((part) => part !== '').join(' ');
      lines.push(`Page ${page} of ${pages}; the next: ${next}`);
    }
    return sayLines('Rules in force (deny beats ask beats allow; all else asks)', lines);
  },
};

function wanted(rest: string): { filter: string; page: number } {
  const [, filter = '', number = '1'] = /^(.*?)(?:(?:^|\s)(\d{1,4}))?$/s.exec(rest) ?? [];
  return { filter: filter.trim().toLowerCase(), page: Math.max(1, Number(number)) };
}

export const forget: ChatCommand = {
  word: 'forget',
  usage: '!forget NUMBER',
  summary: 'takes out a rule, or a grant (g3); see !policies for its number',
  needs: 'policy',
  async run(call, ports) {
    if (call.rest === '') return say(`Which one? ${forget.usage}`);
    const forgotten = await ports.edits.forget(call.rest, call.actor);
    if (!forgotten.ok) return say(`Nothing was removed: ${forgotten.why}`);
    const what =
      'grant' in forgotten
        ? `Revoked: ${forgotten.grant.id} (${forgotten.grant.effect}: ${forgotten.grant.pattern})`
        : `Removed: ${forgotten.rule.written}`;
    return say(`${what}. It is no longer in force. !undo brings it back.`);
  },
};

export const undo: ChatCommand = {
  word: 'undo',
  usage: '!undo',
  summary: 'takes the last change of the policies back; again for the one before',
  needs: 'policy',
  async run(call, ports) {
    if (call.rest !== '') {
      return say('!undo takes nothing else: it undoes the last change. For a rule use !forget.');
    }
    const undone = await ports.edits.undo(call.actor);
    return say(undone.ok ? undone.text : `Nothing was undone: ${undone.why}.`);
  },
};
