// What somebody wants stored: a pattern with its conditions, and, for a grant, its end. Data and
// words for people; whether it may be stored is decided elsewhere.
import type { Effect } from '../bus/messages.ts';
import { spokenDuration } from './duration.ts';

/** A rule or grant as asked for. */
export interface RuleTerms {
  readonly effect: Effect;
  /** As typed, or in Countersign's own form. */
  readonly pattern: string;
  /** Globs of the working directory, the requester and the platform. */
  readonly in: string | null;
  readonly from: string | null;
  readonly on: string | null;
  /** How many different people must approve what an ask rule catches. */
  readonly approvals: number;
  readonly reason: string | null;
  /** Milliseconds until it ends, or null. */
  readonly forMs: number | null;
  /** Uses until it ends, or null. */
  readonly uses: number | null;
}

/** Whether it ends by itself: then it is a grant in the store, not a rule of the file. */
export function isGrant(terms: Pick<RuleTerms, 'forMs' | 'uses'>): boolean {
  return terms.forMs !== null || terms.uses !== null;
}

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
