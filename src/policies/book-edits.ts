// The edits of a policy document: putting a rule in, taking one out, putting it back as it stood.
// They change the document in memory; opening, locking and writing the file is the book's business.
import { Document, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Effect } from '../bus/messages.ts';
import type { PolicyDocument } from './policy-file.ts';
import type { RuleEntry } from './rules.ts';

/** As people write it: long lines stay long, and lists in brackets get no padding. */
export const PRINT = { lineWidth: 0, flowCollectionPadding: false };

/** What a rule of the file says besides its pattern. */
export interface RuleConditions {
  readonly in: string | null;
  readonly from: string | null;
  readonly on: string | null;
  readonly approvals: number;
  readonly reason: string | null;
}

export const UNCONDITIONAL: RuleConditions = {
  in: null,
  from: null,
  on: null,
  approvals: 1,
  reason: null,
};

/** Where a rule stands in the file: `['rules', 3]`. */
export type RulePlace = readonly [list: string, index: number];

/** A rule as it stood in the file, with its comments: enough to put it back. Plain JSON. */
export interface TakenRule {
  readonly place: RulePlace;
  /** YAML of a list with this one item. */
  readonly text: string;
  readonly key: string;
}

type Found =
  | { readonly ok: true; readonly entry: RuleEntry }
  | { readonly ok: false; readonly why: string };

/** The rule that a number, an exact pattern, a written form or a key means. */
export function findRule(
  rules: readonly RuleEntry[],
  which: string | { readonly key: string },
): Found {
  if (typeof which !== 'string') {
    const entry = rules.findLast((one) => one.key === which.key && one.preset === null);
    return entry === undefined ? { ok: false, why: 'that rule is not there any more' } : ok(entry);
  }
  const wanted = which.trim();
  const numbered = /^#?(\d{1,6})$/.exec(wanted)?.[1];
  const found = rules.filter((entry) =>
    numbered !== undefined
      ? entry.number === Number(numbered)
      : entry.pattern === wanted || entry.written === wanted,
  );
  const entry = found[0];
  if (entry === undefined) {
    return { ok: false, why: `there is no rule ${wanted}: list the rules to see their numbers` };
  }
  if (found.length > 1) {
    const numbers = found.map((one) => `${one.number} (${one.written})`).join(', ');
    const why = `several rules have this pattern: name one by its number: ${numbers}`;
    return { ok: false, why };
  }
  return ok(entry);
}

function ok(entry: RuleEntry): Found {
  return { ok: true, entry };
}

/** Whether a rule says the same as one that would be added; reasons aside. */
export function saysTheSame(entry: RuleEntry, effect: Effect, pattern: string, c: RuleConditions) {
  return (
    entry.effect === effect &&
    entry.pattern === pattern &&
    entry.in === c.in &&
    entry.from === c.from &&
    entry.on === c.on &&
    entry.approvals === c.approvals &&
    entry.paths === null &&
    entry.sandbox === null
  );
}

/** The keys of a rule in the order of the file's documentation; what says nothing is left out. */
export function ruleText(
  effect: Effect,
  pattern: string,
  conditions: RuleConditions,
  dangerous: boolean,
): Record<string, unknown> {
  const { in: cwd, from, on, approvals, reason } = conditions;
  return {
    [effect]: pattern,
    ...(cwd === null ? {} : { in: cwd }),
    ...(from === null ? {} : { from }),
    ...(on === null ? {} : { on }),
    ...(approvals === 1 ? {} : { approvals }),
    ...(reason === null ? {} : { reason }),
    ...(dangerous ? { dangerous: true } : {}),
  };
}

/** Where a rule that is appended now will stand. */
export function appendedPlace({ document }: PolicyDocument): RulePlace {
  const rules = document.get('rules', true);
  return ['rules', isSeq(rules) ? rules.items.length : 0];
}

/** Appends a rule to the list of rules. */
export function appendRule({ document }: PolicyDocument, rule: Record<string, unknown>): void {
  if (!document.has('version') && document.contents === null) document.set('version', 1);
  const rules = document.get('rules');
  if (rules === undefined || rules === null) document.set('rules', document.createNode([rule]));
  else document.addIn(['rules'], document.createNode(rule));
}

/** Takes a rule out of the document and says how it stood there. */
export function takeOut({ document }: PolicyDocument, place: RulePlace) {
  const node = document.getIn(place, true);
  if (!isNode(node)) throw new Error(`there is no rule at ${place.join(' ')}`);
  const list = document.get(place[0], true);
  const alone = new Document([]);
  if (!isSeq(alone.contents)) throw new Error('a list is no list');
  // The comment before the first item belongs to the list; it goes and comes with its rule.
  if (isSeq(list) && place[1] === 0 && list.flow !== true && list.commentBefore) {
    node.commentBefore ??= list.commentBefore;
    list.commentBefore = null;
  }
  alone.contents.items.push(node as never);
  const text = alone.toString(PRINT);
  document.deleteIn(place);
  return text;
}

/** Puts a rule back where it stood, or as near as the list reaches now. */
export function putBack(file: PolicyDocument, taken: Omit<TakenRule, 'key'>): void {
  const { document } = file;
  const [list, index] = taken.place;
  const parsed = parseDocument(taken.text).contents;
  const node = isSeq(parsed) ? parsed.items[0] : undefined;
  if (!isSeq(parsed) || !isNode(node)) throw new Error('a kept rule cannot be read');
  if (parsed.commentBefore && !node.commentBefore) node.commentBefore = parsed.commentBefore;
  if (!document.has('version') && document.contents === null) document.set('version', 1);
  const found = document.get(list, true);
  if (isSeq(found)) {
    // What stands before the first item was read as the list's: it stays with that item.
    const [first] = found.items;
    if (index === 0 && isNode(first) && found.commentBefore) {
      first.commentBefore ??= found.commentBefore;
      found.commentBefore = null;
    }
    if (found.flow === true && isScalar(node)) node.commentBefore = null;
    found.items.splice(Math.min(index, found.items.length), 0, node);
    return;
  }
  const made = document.createNode([]);
  if (isSeq(made)) made.items.push(node as never);
  document.set(list, made);
}
