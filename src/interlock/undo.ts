// Undoing the newest change of the policies: what was added goes, what was removed comes back where
// it stood. The change is marked as undone only once that is done, or can never be.
import type { Identity } from '../bus/messages.ts';
import type { PolicyBook } from '../policies/book.ts';
import type { Interlock } from './interlock.ts';
import type { ChangeRecord, GrantChange, RuleChange } from './policy-log.ts';

export type Undone =
  | { readonly ok: true; readonly text: string; readonly change: ChangeRecord }
  | { readonly ok: false; readonly why: string };

type Done = { readonly ok: true; readonly text: string } | { readonly ok: false; why: string };

/** Takes back the newest change that stands. */
export async function undoLast(
  interlock: Interlock,
  book: PolicyBook,
  actor: Identity,
): Promise<Undone> {
  const record = await interlock.lastChange();
  if (record === null) return { ok: false, why: 'there is no change that could be undone' };
  const { change } = record;
  const done =
    'grant' in change
      ? await undoGrant(interlock, record, change, actor)
      : await undoRule(interlock, book, record, change, actor);
  return done.ok ? { ...done, change: record } : done;
}

async function undoRule(
  interlock: Interlock,
  book: PolicyBook,
  { seq, actor: by }: ChangeRecord,
  change: RuleChange,
  actor: Identity,
): Promise<Done> {
  const { kind, written, place } = change;
  const { key, text } = change.source;
  if (typeof key !== 'string') throw new Error(`change ${seq} does not say which rule it was`);
  const there = () => book.list().some((one) => one.key === key && one.preset === null);
  const edited =
    kind === 'added'
      ? await book.remove({ key })
      : await book.putBack({ place, key, text: typeof text === 'string' ? text : '[]' });
  // Somebody did it by hand since: then there is nothing left to do.
  const byHand = !edited.ok && book.problem() === null && there() === (kind === 'removed');
  if (!edited.ok && !byHand) return edited;
  if (!(await interlock.markUndone(seq, actor))) {
    return { ok: false, why: 'somebody else undid it at the same time' };
  }
  const whose = by === actor ? 'you' : by;
  const past = `which ${whose} had ${kind}`;
  if (byHand) {
    const state = kind === 'added' ? 'is gone already' : 'is there again already';
    return { ok: true, text: `${written}, ${past}, ${state}. Nothing changed.` };
  }
  return {
    ok: true,
    text:
      kind === 'added'
        ? `Removed: ${written}, ${past}. It is no longer in force.`
        : `Put back: ${written}, ${past}. It is in force again.`,
  };
}

async function undoGrant(
  interlock: Interlock,
  { seq, actor: by }: ChangeRecord,
  { kind, grant }: GrantChange,
  actor: Identity,
): Promise<Done> {
  const what = `${grant.id} (${grant.effect}: ${grant.pattern})`;
  const past = `which ${by === actor ? 'you' : by} had ${kind}`;
  if (kind === 'granted') {
    const revoked = await interlock.revokeGrant(grant.id, actor, seq);
    if (revoked !== null) {
      return { ok: true, text: `Revoked: ${what}, ${past}. It is no longer in force.` };
    }
  } else {
    const again = await interlock.grant(actor, grant, seq);
    if (again.ok) return { ok: true, text: `Granted again: ${what}, ${past}.` };
    const over = grant.expiresAt !== null && grant.expiresAt <= interlock.ports.clock.now();
    if (!over) return again;
  }
  if (!(await interlock.markUndone(seq, actor))) {
    return { ok: false, why: 'somebody else undid it at the same time' };
  }
  return { ok: true, text: `${what}, ${past}, has ended by itself. Nothing changed.` };
}
