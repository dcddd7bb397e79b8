// After people approved alike commands several times: the narrowest rule that covers them. Words
// that are the same stay as they are; a word becomes a wildcard only where the commands differ.
import type { Action } from '../bus/action.ts';
import { admit } from './admission.ts';
import { judge } from './judge.ts';
import { readPattern } from './pattern.ts';
import { caughtBy, openWildcard, type PastRequest } from './preview.ts';
import { exactPattern, quoteWord } from './quote.ts';
import { readAction } from './read-action.ts';
import { buildRuleSet, type RuleSet, type RuleSource } from './rules.ts';

/** Alike approvals after which a rule is proposed. */
const ALIKE = 3;
/** Words of one pattern that may become wildcards. */
const MOST_WILDCARDS = 2;

/** The narrowest pattern that covers all of these, or null where none is narrow enough. */
export function proposeRule(approved: readonly Action[]): string | null {
  const lines = approved.map(plainWords);
  const [first] = lines;
  if (first === undefined || first === null) return null;
  if (!lines.every((words): words is string[] => words !== null)) return null;
  if (!lines.every((words) => words.length === first.length && words[0] === first[0])) return null;
  let wildcards = 0;
  const pattern: string[] = [];
  for (let at = 0; at < first.length; at += 1) {
    const column = [...new Set(lines.map((words) => words[at] ?? ''))];
    const [only] = column;
    if (column.length === 1 && only !== undefined) {
      pattern.push(only);
      continue;
    }
    const general = generalise(column);
    if (general === null) return null;
    wildcards += 1;
    pattern.push(general);
  }
  if (wildcards > MOST_WILDCARDS) return null;
  if (wildcards === 0) return exactPattern(first);
  const text = pattern.map((word, at) => (word === first[at] ? quoteWord(word) : word)).join(' ');
  return isNarrow(text) && approved.every((action) => covers(text, action)) ? text : null;
}

function covers(pattern: string, action: Action): boolean {
  const rules = buildRuleSet([ruleOf(pattern)], '');
  const context = { requester: 'cli:x', platform: 'cli', cwd: action.cwd, home: null };
  return judge(action, rules, context).effect === 'allow';
}

function isNarrow(text: string): boolean {
  const { pattern, problem } = readPattern(text);
  if (problem !== null || pattern.kind !== 'command' || openWildcard(pattern) !== null) {
    return false;
  }
  return admit('allow', text, false).admitted;
}

/** The words of an action that is one simple command, all known, and opens nothing. */
function plainWords(action: Action): string[] | null {
  if (action.stdinDigest !== null || Object.keys(action.env).length > 0) return null;
  const text = action.kind === 'shell' ? action.command : action.argv.join(' ');
  const { commands, failure, hazards } = readAction(action, text);
  const [command, ...more] = commands;
  if (command === undefined || more.length > 0 || failure !== null || hazards.length > 0) {
    return null;
  }
  const { words, assignments, redirects, stdin, keyword } = command;
  if (assignments.length + redirects.length > 0 || stdin !== undefined || keyword !== null) {
    return null;
  }
  const texts = words.map((word) => word.text);
  return texts.length > 0 && texts.every((word) => word !== null) ? texts : null;
}

/** Characters that a wildcard word may be made of: anything else would have to be quoted. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** `test:unit` and `test:e2e` are `test:*`; null for what must stay as it is. */
function generalise(column: readonly string[]): string | null {
  if (!column.every((word) => PLAIN.test(word) && !word.startsWith('-'))) return null;
  const tops = new Set(column.map(topOf));
  const paths = column.some((word) => word.includes('/'));
  if (paths && (tops.size > 1 || tops.has(null))) return null;
  const prefix = commonPrefix(column);
  const rest = column.map((word) => word.slice(prefix.length));
  const suffix = commonSuffix(rest);
  // Nothing in common: a wildcard alone would cover every path there is.
  if (prefix + suffix === '') return null;
  return `${prefix}*${suffix}`;
}

/** The folder (of URLs the host) that paths must share; null for a word that is no path. */
function topOf(word: string): string | null {
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(word.replace(/^\.\//, ''))) return null;
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/]+\//.exec(word);
  if (url !== null) return url[0];
  return /^(?:\/[^/]+\/|(?:\.\/)?[^/]+\/)/.exec(word)?.[0] ?? null;
}

/** Up to where words part; only between their parts: `test:unit` and `test:ui` share `test:`. */
function commonPrefix(words: readonly string[]): string {
  const [first = ''] = words;
  let length = 0;
  while (length < first.length && words.every((word) => word[length] === first[length])) {
    length += 1;
  }
  return /^.*[:/._=@,-]/s.exec(first.slice(0, length))?.[0] ?? '';
}

function commonSuffix(words: readonly string[]): string {
  const [first = ''] = words;
  const at = (word: string, back: number) => word[word.length - back];
  let length = 0;
  while (
    length < first.length &&
    words.every((word) => at(word, length + 1) === at(first, length + 1))
  ) {
    length += 1;
  }
  return /[:/._=@,-].*$/s.exec(first.slice(first.length - length))?.[0] ?? '';
}

/** A rule to propose, with the requests that it rests on. */
export interface Proposal {
  readonly pattern: string;
  readonly in: string;
  readonly from: string;
  readonly covers: readonly string[];
}

/**
 * What to propose after `latest` was approved. `approved` are those that people approved before,
 * `past` all of the newest requests, those that people rejected among them.
 */
export function findProposal(
  latest: PastRequest,
  approved: readonly PastRequest[],
  past: readonly PastRequest[],
  rules: RuleSet,
): Proposal | null {
  const { cwd, requester } = latest.context;
  if (/[*?]/.test(cwd) || /[*?]/.test(requester)) return null;
  const alike = approved.filter(
    ({ id, context }) => id !== latest.id && context.cwd === cwd && context.requester === requester,
  );
  const pairs = alike.map(({ action }) => proposeRule([latest.action, action]));
  const candidates = [...new Set(pairs.filter((pattern) => pattern !== null))].sort(narrower);
  for (const candidate of candidates) {
    const group = [latest, ...caughtBy(ruleOf(candidate), NO_RULES, alike)];
    if (group.length < ALIKE) continue;
    const pattern = proposeRule(group.map(({ action }) => action));
    if (pattern === null) continue;
    // Only as the third comes: nobody wants to be told at the fourth and the fifth.
    const rule = { ...ruleOf(pattern), in: cwd, from: requester };
    if (caughtBy(rule, NO_RULES, [latest, ...alike]).length !== ALIKE) continue;
    if (caughtBy(rule, rules, past).some(({ rejected }) => rejected)) continue;
    return { pattern, in: cwd, from: requester, covers: group.map(({ id }) => id) };
  }
  return null;
}

const NO_RULES = buildRuleSet([], '');

function ruleOf(pattern: string): RuleSource {
  return { effect: 'allow', pattern };
}

/** Fewer wildcards first, then the longer text. */
function narrower(one: string, other: string): number {
  const stars = (text: string) => text.split('*').length;
  return stars(one) - stars(other) || other.length - one.length;
}
