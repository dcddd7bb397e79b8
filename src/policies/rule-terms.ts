// What somebody wants stored: a pattern with its conditions, and, for a grant, its end. Data only;
// whether it may be stored is decided elsewhere.
import type { Effect } from '../bus/messages.ts';

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
