// What people changed of the policies, in an order that can be undone: one row beside each entry of
// the record. It changes no rule itself: whoever undoes edits the file or the grants and says so.
import type { Grant } from '../bus/grant.ts';
import type { Identity } from '../bus/messages.ts';
import type { RuleSource } from '../policies/rules.ts';
import type { View } from './view.ts';

/** A rule that was put into the policy file or taken out of it, with what brings it back. */
export interface RuleChange {
  readonly kind: 'added' | 'removed';
  /** `deny: rm -rf *` */
  readonly written: string;
  readonly rule: RuleSource;
  /** Its examples and whatever else the file says of it, as it stood there. */
  readonly source: Readonly<Record<string, unknown>>;
  /** Where it stands or stood in the file: `['rules', 3]`. */
  readonly place: readonly [list: string, index: number];
  /** The version of the rules after the change. */
  readonly version: string;
}

/** A grant that was given or taken back; it is kept as it was then. */
export interface GrantChange {
  readonly kind: 'granted' | 'revoked';
  readonly grant: Grant;
}

export type LoggedChange = RuleChange | GrantChange;

/** One change that somebody made. */
export interface ChangeRecord {
  readonly seq: number;
  readonly at: number;
  readonly actor: Identity;
  readonly change: LoggedChange;
  /** When it was undone; null while it stands. */
  readonly undoneAt: number | null;
}

/** Puts a change of the file on the record, and into the log that `!undo` reads. */
export function logRuleChange(view: View, actor: Identity, change: RuleChange, now: number): void {
  const { kind, written, rule, version } = change;
  const data = { rule: written, source: rule, version };
  view.record({ type: `policy.${kind}`, atMs: now, actor, approvalId: null, data });
  view.logChange({ at: now, actor, change });
}

/** Marks a change as undone; false when it is not there or was undone before. */
export function markUndone(view: View, seq: number, actor: Identity, now: number): boolean {
  const entry = view.change(seq);
  if (entry === undefined || entry.undoneAt !== null) return false;
  view.undo(entry, now);
  const { kind } = entry.change;
  const data = {
    seq,
    kind,
    ...('grant' in entry.change
      ? { grant: entry.change.grant.id }
      : { rule: entry.change.written }),
  };
  view.record({ type: 'policy.undone', atMs: now, actor, approvalId: null, data });
  return true;
}
