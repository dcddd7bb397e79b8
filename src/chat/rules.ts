// !allow, !deny, !ask: rules and grants from a chat, in force at once. What is broad is shown first
// and stored once it is confirmed.
import type { Effect } from '../bus/messages.ts';
import { ID_LENGTH } from '../interlock/ids.ts';
import { readClauses } from '../policies/clauses.ts';
import type { RulePreview } from '../policies/preview.ts';
import type { RuleTerms } from '../policies/rule-terms.ts';
import { type Call, type ChatCommand, type ChatPorts, say } from './command.ts';
import { decide } from './decisions.ts';
import { firstWord } from './grammar.ts';
import { lockdown } from './lockdown.ts';
import { ruleCard, untilText } from './rule-cards.ts';

export const allow: ChatCommand = {
  word: 'allow',
  usage: '!allow PATTERN [for 2h] [uses 5] [in DIR] [from WHO] [on PLATFORM] [because WHY]',
  summary: 'such commands run without being asked, from now on',
  needs: 'policy',
  run: (call, ports) => add('allow', call, ports),
};

export const ask: ChatCommand = {
  word: 'ask',
  usage: '!ask PATTERN [by 2] [...]',
  summary: 'such commands are asked, of two people with `by 2`',
  needs: 'policy',
  run: (call, ports) => add('ask', call, ports),
};

export const deny: ChatCommand = {
  word: 'deny',
  usage: '!deny PATTERN [...]',
  summary: 'such commands are refused from now on; `!deny *` is the lockdown',
  needs: 'policy',
  async run(call, ports) {
    const all = /^\*(?:\s+because\s+(.+))?$/is.exec(call.rest);
    if (all !== null) return lockdown.run({ ...call, rest: all[1] ?? '' }, ports);
    // People reject with "deny": a pending id is never meant as a pattern (F004).
    const { word, after } = firstWord(call.rest);
    const resolved =
      word.length === ID_LENGTH ? await ports.interlock.resolve(word) : { kind: 'none' as const };
    if (resolved.kind === 'one') {
      const approval = await ports.interlock.ports.ledger.get(resolved.id);
      const reason = after.replace(/^because\s+/i, '') || null;
      if (approval?.state === 'pending') return decide('reject', approval.id, reason, call, ports);
    }
    return add('deny', call, ports);
  },
};

async function add(effect: Effect, call: Call, ports: ChatPorts) {
  if (call.rest === '') {
    return say(`Which commands? !${effect} PATTERN, such as !${effect} git status`);
  }
  const read = readClauses(effect, call.rest, await knownPlatforms(call, ports));
  if (!read.ok) return say(`The rule was not added: ${read.why}.`);
  const { terms, notes } = read;
  const previewed = await ports.edits.preview(terms);
  if (!previewed.ok) return say(`The rule was not added: ${previewed.why}`);
  const { preview } = previewed;
  if (preview.broad.length === 0) return store(terms, preview, notes, call, ports);
  const how = ports.confirmations.ask(call, () => store(terms, preview, notes, call, ports));
  const heading = `Not stored yet: ${effect}: ${preview.pattern}`;
  const why = `It is broad: ${preview.broad.join('; ')}.`;
  return ruleCard({ tone: 'ask', text: heading }, terms, preview, [...notes, why, how]);
}

async function store(
  terms: RuleTerms,
  preview: RulePreview,
  notes: readonly string[],
  call: Call,
  ports: ChatPorts,
) {
  const stored = await ports.edits.store(terms, call.actor);
  if (!stored.ok) return say(`The rule was not added: ${stored.why}`);
  if ('grant' in stored) {
    const { grant } = stored;
    const text = `Grant ${grant.id} is in force: ${grant.effect}: ${grant.pattern}`;
    const back = `It counts ${untilText(grant)}. Take it back with !undo or !forget ${grant.id}.`;
    return ruleCard({ tone: 'good', text }, terms, preview, [...notes, back]);
  }
  const { number, written } = stored.rule;
  if (stored.already) return say(`That rule is there already: ${number}. ${written}`);
  const text = `Rule ${number} is in force: ${written}`;
  const back = `Take it back with !undo or !forget ${number}.`;
  return ruleCard({ tone: 'good', text }, terms, preview, [...notes, back]);
}

/** What `on` may name: where people are, and where requests come from. */
async function knownPlatforms({ via }: Call, { people, edits }: ChatPorts): Promise<string[]> {
  const requesters = (await edits.past()).map(({ context }) => context.requester);
  const ids = [...people.approvers, ...requesters, 'local:', 'token:'];
  return [...new Set([via.platform, ...ids.map((id) => id.split(':', 1)[0] ?? '')])];
}
