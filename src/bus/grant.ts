// A grant: a rule with an end, by time or by uses. The interlock alone adds, spends and ends them;
// the policies judge by those that are live. Data, and when it still counts; nothing else.
import type { Effect, Identity } from './messages.ts';

/** What a grant says and when it ends. Times are milliseconds since the epoch. */
export interface GrantTerms {
  readonly effect: Effect;
  /** In Countersign's own form. */
  readonly pattern: string;
  /** Globs of the working directory, the requester and the platform, or null for any. */
  readonly in: string | null;
  readonly from: string | null;
  readonly on: string | null;
  /** How many different people must approve what an ask grant catches; 1 for the others. */
  readonly approvals: number;
  /** A pattern that is too broad to be stored, forced by somebody: each use is warned about. */
  readonly dangerous: boolean;
  readonly reason: string | null;
  /** Until when; null for one that ends by its uses alone. */
  readonly expiresAt: number | null;
  /** How many more actions it releases; null for one that ends by its time alone. */
  readonly usesLeft: number | null;
  /** The approval that it was made from, or null. */
  readonly origin: string | null;
}

/** One grant. Everything but `usesLeft` stays as it was granted. */
export interface Grant extends GrantTerms {
  /** What people type: `g7`. Never given twice. */
  readonly id: string;
  readonly createdBy: Identity;
  readonly createdAt: number;
}

/** The key under which its uses are counted and a judgement names it: `grant:g7`. */
export function grantKey(id: string): string {
  return `grant:${id}`;
}

/** Whether its time has not run out; it may be used up all the same. */
export function isInTime({ expiresAt }: Grant, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

/** Whether it may still release something new. */
export function isLive(grant: Grant, now: number): boolean {
  return isInTime(grant, now) && (grant.usesLeft === null || grant.usesLeft > 0);
}
