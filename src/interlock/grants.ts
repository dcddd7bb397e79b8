// What becomes of grants within a transaction: given, used, taken back, ended. Pure over the view;
// what they allow the policies say, and when they are looked at the interlock.
import type { Approval } from '../bus/approval.ts';
import { type Grant, type GrantTerms, grantKey, isInTime, isLive } from '../bus/grant.ts';
import type { Identity, Judgement } from '../bus/messages.ts';
import { admit } from '../policies/admission.ts';
import type { RuleSource } from '../policies/rules.ts';
import { CLOCK_ACTOR } from './machine.ts';
import { markUndone } from './policy-log.ts';
import type { View } from './view.ts';

/** How many are kept at a time. Each one is looked at for every action. */
export const MOST_GRANTS = 1_000;

export type Granted =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly why: string };

/** A grant as the rule that it is. */
export function grantRule(grant: Grant): RuleSource {
  const { id, effect, pattern, in: cwd, from, on, approvals, dangerous, reason } = grant;
  return { grant: id, effect, pattern, in: cwd, from, on, approvals, dangerous, reason };
}

/**
 * Gives one, or says why not. `undoes` is the change that this takes back: a grant that was revoked
 * by it keeps its id.
 */
export function addGrant(
  view: View,
  actor: Identity,
  terms: GrantTerms,
  now: number,
  undoes: number | null,
): Granted {
  const admission = admit(terms.effect, terms.pattern, terms.dangerous);
  if (!admission.admitted) return { ok: false, why: admission.why };
  const why = termsProblem(terms, now);
  if (why !== null) return { ok: false, why };
  endGrants(view, now);
  if (view.grants().length >= MOST_GRANTS) {
    return {
      ok: false,
      why:
        `there are ${MOST_GRANTS} grants: take some back (!forget g1), wait for one to end, or ` +
        'write one rule for all of them',
    };
  }
  const before = undoes === null ? null : revokedBy(view, undoes);
  if (undoes !== null && !markUndone(view, undoes, actor, now)) {
    return { ok: false, why: 'that change was undone already' };
  }
  const { pattern, dangerous } = admission;
  const { effect, in: cwd, from, on, approvals, reason, expiresAt, usesLeft, origin } = terms;
  const ends = { expiresAt, usesLeft };
  const says = { effect, pattern, in: cwd, from, on, approvals, dangerous, reason };
  const made =
    before === null
      ? { id: view.newGrantId(), createdBy: actor, createdAt: now }
      : { id: before.id, createdBy: before.createdBy, createdAt: before.createdAt };
  const grant: Grant = { ...made, ...says, ...ends, origin };
  view.putGrant(grant);
  recordGrant(view, before === null ? 'added' : 'restored', grant, actor, now);
  if (undoes === null) view.logChange({ at: now, actor, change: { kind: 'granted', grant } });
  return { ok: true, grant };
}

/** The grant that a change took back: undone, it is the same again. */
function revokedBy(view: View, seq: number): Grant | null {
  const change = view.change(seq)?.change;
  return change?.kind === 'revoked' ? change.grant : null;
}

function termsProblem(terms: GrantTerms, now: number): string | null {
  const { effect, expiresAt, usesLeft, approvals } = terms;
  if (expiresAt === null && usesLeft === null) {
    return 'a grant ends: say for how long, or for how many uses (or store a rule, which stays)';
  }
  if (expiresAt !== null && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    return 'its time is over already: name an end that is to come';
  }
  if (usesLeft !== null && effect !== 'allow') {
    return `only what is allowed is used up: give the ${effect} a time, such as "for 2h"`;
  }
  if (usesLeft !== null && !(Number.isSafeInteger(usesLeft) && usesLeft > 0)) {
    return 'the uses of a grant are a whole number, 1 at least';
  }
  const most = effect === 'ask' ? 20 : 1;
  if (!(Number.isSafeInteger(approvals) && approvals >= 1 && approvals <= most)) {
    return effect === 'ask'
      ? 'approvals is a whole number from 1 to 20'
      : 'approvals belongs to ask: nobody is asked about the others';
  }
  return null;
}

/** Takes one back; null when there is none of this id that has not ended. */
export function dropGrant(
  view: View,
  typed: string,
  actor: Identity,
  now: number,
  undoes: number | null,
): Grant | null {
  const id = typed.trim().toLowerCase();
  const grant = view.grants().find((one) => one.id === id);
  // One that is used up may still be taken back, from what it released and nobody has claimed.
  if (grant === undefined || !isInTime(grant, now)) return null;
  view.dropGrant(id);
  recordGrant(view, 'revoked', grant, actor, now);
  if (undoes !== null) markUndone(view, undoes, actor, now);
  // Of one that is used up nothing is left that could be brought back.
  else if (isLive(grant, now)) {
    view.logChange({ at: now, actor, change: { kind: 'revoked', grant } });
  }
  return grant;
}

/** Those that may release something now. */
export function liveGrants(view: View, now: number): readonly Grant[] {
  return sparing(view.grants(), (grant) => isLive(grant, now));
}

/**
 * Those that count, the ones without a number of uses first: the first one that covers a command is
 * used, and so no use is lost where another covers it too.
 */
function sparing(grants: readonly Grant[], counts: (grant: Grant) => boolean): readonly Grant[] {
  const [free, counted]: [Grant[], Grant[]] = [[], []];
  for (const grant of grants) {
    if (counts(grant)) (grant.usesLeft === null ? free : counted).push(grant);
  }
  return counted.length === 0 ? free : [...free, ...counted];
}

/**
 * Those that count for what was submitted earlier: the live ones, and of those that it was allowed
 * by also one that it has used up itself.
 */
export function grantsFor(view: View, { judgement }: Approval, now: number): readonly Grant[] {
  const { used } = judgement;
  return sparing(
    view.grants(),
    (grant) => isLive(grant, now) || (isInTime(grant, now) && used.includes(grantKey(grant.id))),
  );
}

/**
 * Counts one released action for every grant that allowed it. One that is used up ends when that
 * action can be claimed no more: until then the claim looks at it again.
 */
export function spendGrants(
  view: View,
  judgement: Judgement,
  now: number,
  claimWithinMs: number,
): void {
  const used = new Set(judgement.used);
  for (const grant of view.grants()) {
    if (grant.usesLeft === null || !used.has(grantKey(grant.id))) continue;
    const usesLeft = grant.usesLeft - 1;
    const lastClaim = now + claimWithinMs;
    const expiresAt =
      usesLeft > 0 ? grant.expiresAt : Math.min(grant.expiresAt ?? lastClaim, lastClaim);
    view.putGrant({ ...grant, usesLeft, expiresAt });
  }
}

/** Whether any has ended and is still kept. */
export function haveEnded(grants: readonly Grant[], now: number): boolean {
  return grants.some((grant) => !isInTime(grant, now));
}

/** Puts the end of those whose time is over on the record, and forgets them. */
export function endGrants(view: View, now: number): void {
  for (const grant of view.grants()) {
    if (isInTime(grant, now)) continue;
    view.dropGrant(grant.id);
    recordGrant(view, 'ended', grant, CLOCK_ACTOR, now);
  }
}

function recordGrant(
  view: View,
  what: 'added' | 'restored' | 'revoked' | 'ended',
  grant: Grant,
  actor: Identity,
  now: number,
): void {
  const data = { grant };
  view.record({ type: `grant.${what}`, atMs: now, actor, approvalId: null, data });
}
