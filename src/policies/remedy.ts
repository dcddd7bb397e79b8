// What would have to change for a line to run unasked: the narrowest rules that would do, or what
// stands in the way. Data in, text out; it changes nothing.
import type { Action } from '../bus/action.ts';
import type { Judgement } from '../bus/messages.ts';
import { exactRules } from './exact.ts';
import type { JudgeContext } from './judge.ts';
import type { RuleEntry, RuleSet } from './rules.ts';

/** Rules that stand in the way, listed at most. */
const LISTED = 3;

/** Says it in lines; `command` writes the command that would store one pattern. */
export function remedyLines(
  judged: {
    readonly action: Action;
    readonly judgement: Judgement;
    readonly context: JudgeContext;
  },
  rules: RuleSet,
  command: (pattern: string) => string,
): string[] {
  const { action, judgement, context } = judged;
  if (judgement.effect === 'allow') return [];
  const deciding = rules.rules.filter(({ key }) => judgement.used.includes(key));
  if (judgement.effect === 'deny') {
    if (deciding.length === 0) return ['No rule can allow it: see the reasons above.'];
    const first = 'It stays denied while this rule is there:';
    const several = 'It stays denied while these rules are there:';
    return [deciding.length === 1 ? first : several, ...listed(deciding)];
  }
  const exact = exactRules(action, judgement, rules, context);
  if (exact !== null) {
    return ['To have exactly this run unasked:', ...exact.map((one) => `  ${command(one)}`)];
  }
  const asking = deciding.filter(({ effect }) => effect === 'ask');
  if (asking.length > 0) {
    return ['However it is allowed, it is asked while this is there:', ...listed(asking)];
  }
  return [
    judgement.understood
      ? 'No rule can allow it as it stands: see the reasons above.'
      : 'No rule can allow it: what cannot be known before it runs is always asked.',
  ];
}

function listed(rules: readonly RuleEntry[]): string[] {
  const lines = rules.slice(0, LISTED).map(({ number, grant, written, preset }) => {
    const from = preset === null ? '' : ` (preset ${preset})`;
    return `  ${grant ?? number}. ${written}${from}`;
  });
  const more = rules.length - LISTED;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}
