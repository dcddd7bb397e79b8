// How a rule looks in a chat: as it was understood before it is stored, in the list, as a proposal.
import type { Grant } from '../bus/grant.ts';
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { moment } from '../interlock/describe.ts';
import type { PolicyList } from '../interlock/policy-edits.ts';
import type { RulePreview } from '../policies/preview.ts';
import type { Proposal } from '../policies/propose.ts';
import type { RuleTerms } from '../policies/rule-terms.ts';
import {
  conditionText,
  endText,
  historyText,
  leftText,
  typedForm,
  useText,
} from '../policies/rule-words.ts';

/** A rule with all that is known before it is stored, or right after. */
export function ruleCard(
  heading: { readonly tone: Tone; readonly text: string },
  terms: RuleTerms,
  preview: RulePreview,
  closing: readonly string[],
): Card {
  return {
    blocks: [
      { kind: 'heading', ...heading },
      { kind: 'fields', rows: rowsOf(terms, preview) },
      ...closing.map((text): CardBlock => ({ kind: 'text', text })),
    ],
  };
}

function rowsOf(terms: RuleTerms, preview: RulePreview): [string, string][] {
  const rows: [string, string][] = [];
  const { meaning } = preview;
  if (meaning !== null) rows.push(['means', meaning.sentence]);
  const conditions = conditionText(terms);
  rows.push(['only', conditions === '' ? 'everywhere, for everybody' : conditions]);
  if (terms.effect === 'ask') {
    const { approvals } = terms;
    rows.push(['approvals', approvals === 1 ? 'one' : `${approvals} different people`]);
  }
  rows.push(['ends', endText(terms) ?? 'when it is forgotten']);
  if (terms.reason !== null) rows.push(['because', terms.reason]);
  if (meaning !== null && meaning.matches.length > 0) {
    rows.push(['matches', meaning.matches.join('   ')]);
  }
  if (meaning !== null && meaning.not.length > 0) rows.push(['but not', meaning.not.join('   ')]);
  rows.push(['of late', historyText(preview)]);
  return rows;
}

/** One rule or grant of the list: its first line and what stands below it. */
export interface ListedRule {
  readonly lines: readonly string[];
}

/** Every rule and grant, numbered, with its conditions and its use. */
export function listedRules({ rules, grants }: PolicyList, now: number): ListedRule[] {
  const ofFile = rules.map((rule): ListedRule => {
    const conditions = [
      conditionText(rule),
      rule.approvals > 1 ? `${rule.approvals} approvals` : '',
      rule.paths === null ? '' : `paths ${rule.paths}`,
      rule.sandbox === null ? '' : `sandbox ${rule.sandbox}`,
      rule.dangerous ? 'DANGEROUS' : '',
      rule.preset === null ? '' : `preset ${rule.preset}`,
    ].filter((text) => text !== '');
    const reason = rule.reason === null ? '' : `   # ${rule.reason}`;
    const below = [...conditions, useText(rule, now)].join('; ');
    return { lines: [`${rule.number}. ${rule.written}${reason}`, `   ${below}`] };
  });
  const given = grants.map((grant): ListedRule => {
    const reason = grant.reason === null ? '' : `   # ${grant.reason}`;
    const conditions = conditionText(grant);
    return {
      lines: [
        `${grant.id}. ${grant.effect}: ${grant.pattern}${reason}`,
        `   ${leftText(grant, now)} left, by ${grant.createdBy}`,
        `   ${conditions === '' ? '' : `${conditions}; `}${useText(grant, now)}`,
      ],
    };
  });
  return [...ofFile, ...given];
}

/** When a grant ends, for the line that says it is in force. */
export function untilText({ expiresAt, usesLeft }: Grant): string {
  const time = expiresAt === null ? null : `until ${moment(expiresAt)}`;
  const uses =
    usesLeft === null ? null : usesLeft === 1 ? 'for one use' : `for ${usesLeft} uses at most`;
  return [time, uses].filter((part) => part !== null).join(', ');
}

/** A rule that the bot proposes, as a line that can be sent as it is. */
export function proposalCard({ pattern, in: cwd, from, covers }: Proposal): Card {
  const where = /[\s"']/.test(cwd) ? `"${cwd}"` : cwd;
  const terms = { pattern, in: where, from, on: null, approvals: 1, uses: null };
  return {
    blocks: [
      {
        kind: 'heading',
        tone: 'info',
        text: `${covers.length} alike commands of ${from} were approved by hand`,
      },
      {
        kind: 'text',
        text: `They were ${covers.join(', ')}. To have them run unasked for a working day, send:`,
      },
      { kind: 'code', text: `!allow ${typedForm(terms)} for 8h` },
    ],
  };
}
