// A rule as a person types it in one line: `npm run test:* for 2h in ~/code`. Clauses are read from
// the end, only where they are complete and valid; quotes protect. It judges and stores nothing.
import type { Effect } from '../bus/messages.ts';
import { readDuration } from './duration.ts';
import { type LineWord, lineWords } from './line-words.ts';
import type { RuleTerms } from './rule-terms.ts';

type ReadClauses =
  | { readonly ok: true; readonly terms: RuleTerms; readonly notes: readonly string[] }
  | { readonly ok: false; readonly why: string };

const CLAUSE_WORDS = ['for', 'uses', 'in', 'from', 'on', 'by'] as const;
type ClauseWord = (typeof CLAUSE_WORDS)[number];

const MOST_USES = 1_000;
const MOST_APPROVALS = 20;

type Value =
  | { readonly kind: 'terms'; readonly terms: Partial<RuleTerms> }
  /** Not meant as a clause: it belongs to the pattern. */
  | { readonly kind: 'no' }
  | { readonly kind: 'wrong'; readonly why: string };

/** Reads what follows `!allow`, `!deny` or `!ask`; `platforms` are those that `on` may name. */
export function readClauses(
  effect: Effect,
  line: string,
  platforms: readonly string[],
): ReadClauses {
  const text = line.trim();
  const split = lineWords(text);
  const { words } = split;
  const found: { -readonly [K in keyof RuleTerms]?: RuleTerms[K] } = {};
  if (split.reason !== null) found.reason = split.reason;
  const given = new Set<ClauseWord>();
  let end = words.length;
  for (;;) {
    const clause = clauseAt(effect, words, end, platforms);
    if (clause === null) break;
    if (clause.value.kind === 'wrong') return { ok: false, why: clause.value.why };
    if (clause.value.kind === 'no') break;
    if (given.has(clause.word)) {
      const why = `\`${clause.word}\` is given twice: leave one out, or put quotes round what belongs to the command`;
      return { ok: false, why };
    }
    given.add(clause.word);
    Object.assign(found, clause.value.terms);
    end = clause.start;
  }
  const last = words[end - 1];
  const pattern = last === undefined ? '' : text.slice(0, last.end);
  if (pattern === '') return { ok: false, why: 'which commands? The line is empty' };
  const alone = clauseAt(effect, [NOTHING, ...words.slice(0, end)], end + 1, platforms);
  if (alone?.start === 1) {
    return { ok: false, why: 'which commands? There is nothing but conditions' };
  }
  const terms: RuleTerms = {
    effect,
    pattern,
    in: found.in ?? null,
    from: found.from ?? null,
    on: found.on ?? null,
    approvals: found.approvals ?? 1,
    reason: found.reason ?? null,
    forMs: found.forMs ?? null,
    uses: found.uses ?? null,
  };
  const notes = [...straysIn(effect, words.slice(0, end), platforms), ...autocorrected(pattern)];
  return { ok: true, terms, notes };
}

const NOTHING: LineWord = { text: '', quoted: true, end: 0 };

/** Conditions that stand where none is read: they are a part of the pattern, which is told. */
function straysIn(
  effect: Effect,
  words: readonly LineWord[],
  platforms: readonly string[],
): string[] {
  for (let end = words.length - 1; end > 1; end -= 1) {
    const clause = clauseAt(effect, words, end, platforms);
    if (clause?.value.kind !== 'terms') continue;
    const stray = words
      .slice(clause.start, end)
      .map(({ text }) => text)
      .join(' ');
    return [`\`${stray}\` is a part of the command here: conditions stand at the end.`];
  }
  return incomplete(words, platforms);
}

/** The end of the line reads like a condition that is none. */
function incomplete(words: readonly LineWord[], platforms: readonly string[]): string[] {
  const [word, value] = words.slice(-2);
  const name = CLAUSE_WORDS.find((one) => one === word?.text.toLowerCase());
  if (words.length < 3 || name === undefined || word?.quoted || value === undefined) return [];
  const forms: Readonly<Record<ClauseWord, string>> = {
    for: 'for 2h',
    uses: 'uses 5',
    in: 'in /a/directory or in ~/code/**',
    from: 'from platform:id, such as from telegram:123456',
    on: `on ${platforms.join(' or on ')}`,
    by: 'by 2',
  };
  const said = `\`${word?.text} ${value.text}\` is a part of the command here`;
  return [`${said}: a condition would be ${forms[name]}.`];
}

/** What phones make of quotes and dashes is no quote and no dash to a shell. */
function autocorrected(pattern: string): string[] {
  const found = /[\u2018-\u201f\u2013\u2014]/.exec(pattern)?.[0];
  if (found === undefined) return [];
  return [`It holds ${found}, which a phone may have put there for ' or " or --: is that meant?`];
}

interface Clause {
  readonly word: ClauseWord;
  /** Its first word. */
  readonly start: number;
  readonly value: Value;
}

/** The clause whose last word is the one before `end`; never the first word of the line. */
function clauseAt(
  effect: Effect,
  words: readonly LineWord[],
  end: number,
  platforms: readonly string[],
): Clause | null {
  const last = words[end - 1];
  if (last === undefined) return null;
  // `for 2 hours` and `for 5 uses`, as people say it.
  for (const length of [2, 3]) {
    const start = end - length;
    const word = words[start];
    if (start < 1 || word === undefined || word.quoted) continue;
    const name = CLAUSE_WORDS.find((one) => one === word.text.toLowerCase());
    if (name === undefined) continue;
    if (length === 3 && (name !== 'for' || words[start + 1]?.quoted || last.quoted)) continue;
    const given = words
      .slice(start + 1, end)
      .map(({ text }) => text)
      .join(' ');
    const value = READERS[name](given, { effect, platforms, quoted: last.quoted });
    if (value.kind !== 'no') return { word: name, start, value };
  }
  return null;
}

interface Given {
  readonly effect: Effect;
  readonly platforms: readonly string[];
  readonly quoted: boolean;
}

const NO: Value = { kind: 'no' };
const wrong = (why: string): Value => ({ kind: 'wrong', why });
const terms = (some: Partial<RuleTerms>): Value => ({ kind: 'terms', terms: some });
const QUOTE = 'put quotes round it where it belongs to the command';

const READERS: Readonly<Record<ClauseWord, (text: string, given: Given) => Value>> = {
  for: (text) => {
    const uses = /^(\d+) ?(?:uses?|times)$/i.exec(text)?.[1];
    if (uses !== undefined) return readUses(uses);
    const duration = readDuration(text);
    if (duration.kind === 'no') return NO;
    if (duration.kind === 'wrong') return wrong(`for ${text}: ${duration.why}; ${QUOTE}`);
    return terms({ forMs: duration.ms });
  },
  uses: (text) => (/^\d+$/.test(text) ? readUses(text) : NO),
  in: (text) => {
    if (!/^(?:~$|~\/|\/)/.test(text)) return NO;
    if (/(?:^|\/)\.\.?(?:\/|$)/.test(text)) {
      return wrong(`in ${text}: write the directory itself, without . or ..`);
    }
    return terms({ in: text.length > 1 ? text.replace(/\/+$/, '') || '/' : text });
  },
  from: (text) => (/^[a-z*][a-z0-9*-]*:[^\s\p{C}]+$/u.test(text) ? terms({ from: text }) : NO),
  on: (text, { platforms }) => (platforms.includes(text) ? terms({ on: text }) : NO),
  by: (text, { effect }) => {
    if (!/^\d+$/.test(text)) return NO;
    if (effect !== 'ask') {
      return wrong(`by ${text}: that is for \`!ask\`, where people approve; ${QUOTE}`);
    }
    const approvals = Number(text);
    if (approvals >= 1 && approvals <= MOST_APPROVALS) return terms({ approvals });
    return wrong(`by ${text}: from 1 to ${MOST_APPROVALS} people can be asked for`);
  },
};

function readUses(text: string): Value {
  const uses = Number(text);
  if (uses >= 1 && uses <= MOST_USES) return terms({ uses });
  return wrong(`uses ${text}: from 1 to ${MOST_USES} uses can be granted; ${QUOTE}`);
}
