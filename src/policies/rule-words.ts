// What a rule says and how it is used, in words for people: the same in a chat and in a terminal.
import type { Grant } from '../bus/grant.ts';
import { spokenDuration } from './duration.ts';
import type { RulePreview } from './preview.ts';
import type { RuleTerms } from './rule-terms.ts';

/** Ids listed of those that a rule would have caught. */
const LISTED_IDS = 5;

type Conditions = Pick<RuleTerms, 'in' | 'from' | 'on'>;

/** `in ~/code and below; asked by telegram:1`; empty where it holds everywhere for everybody. */
export function conditionText({ in: directory, from, on }: Conditions): string {
  const parts = [
    directory === null ? null : `in ${directoryText(directory)}`,
    from === null ? null : `asked by ${from}`,
    on === null ? null : `on ${on}`,
  ];
  return parts.filter((part) => part !== null).join('; ');
}

function directoryText(directory: string): string {
  if (directory.endsWith('/**')) return `${directory.slice(0, -3)} and below`;
  return /[*?]/.test(directory) ? directory : `${directory} itself`;
}

/** `in 2 h, or after 5 uses`; null for what has no end. */
export function endText({ forMs, uses }: Pick<RuleTerms, 'forMs' | 'uses'>): string | null {
  const time = forMs === null ? null : `in ${spokenDuration(forMs)}`;
  const count = uses === null ? null : `after ${uses === 1 ? 'one use' : `${uses} uses`}`;
  return [time, count].filter((part) => part !== null).join(', or ') || null;
}

/** The rule as it would be typed again, without its reason. */
export function typedForm(terms: Omit<RuleTerms, 'reason' | 'effect' | 'forMs'>): string {
  const parts = [
    terms.pattern,
    terms.uses === null ? null : `uses ${terms.uses}`,
    terms.in === null ? null : `in ${terms.in}`,
    terms.from === null ? null : `from ${terms.from}`,
    terms.on === null ? null : `on ${terms.on}`,
    terms.approvals === 1 ? null : `by ${terms.approvals}`,
  ];
  return parts.filter((part) => part !== null).join(' ');
}

/** `7 of the last 200 requests, 2 of which were rejected: 3W4ZV, 5TQ1A` */
export function historyText({
  requests,
  matched,
  rejected,
}: Pick<RulePreview, 'requests' | 'matched' | 'rejected'>): string {
  if (requests === 0) return 'nothing was asked for yet';
  const of = requests === 1 ? 'the only request so far' : `the last ${requests} requests`;
  if (matched.length === 0) return `none of ${of}`;
  const caught = `${matched.length} of ${of}`;
  if (rejected.length === 0) return `${caught}: ${listed(matched)}`;
  const were = rejected.length === 1 ? 'one of which was' : `${rejected.length} of which were`;
  return `${caught}, ${were} rejected: ${listed(rejected)}`;
}

function listed(ids: readonly string[]): string {
  const more = ids.length - LISTED_IDS;
  return ids.slice(0, LISTED_IDS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `1 h 12 min or 3 uses` */
export function leftText(
  { expiresAt, usesLeft }: Pick<Grant, 'expiresAt' | 'usesLeft'>,
  now: number,
): string {
  const time = expiresAt === null ? null : spokenDuration(expiresAt - now);
  const uses = usesLeft === null ? null : usesLeft === 1 ? '1 use' : `${usesLeft} uses`;
  return [time, uses].filter((part) => part !== null).join(' or ');
}

/** `used 12 times, last 3 h ago` */
export function useText(
  { uses, lastUsedAt }: { readonly uses: number; readonly lastUsedAt: number | null },
  now: number,
): string {
  if (uses === 0 || lastUsedAt === null) return 'never used';
  const times = uses === 1 ? 'once' : `${uses} times`;
  return `used ${times}, last ${spokenDuration(now - lastUsedAt)} ago`;
}
