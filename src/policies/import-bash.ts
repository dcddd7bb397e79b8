// `Bash(...)` of Claude Code in Countersign's words. There a rule is text with `*` for any text,
// here it is words: what cannot be said exactly becomes stricter, never looser.
import type { Effect } from '../bus/messages.ts';
import { testExamples } from './examples.ts';
import type { ImportDraft } from './import-report.ts';
import { quoteWord } from './quote.ts';

interface BashRule {
  /** As it stood in the source. */
  readonly from: string;
  readonly effect: Effect;
  /** What is between the brackets; null for the bare tool. */
  readonly specifier: string | null;
  readonly in: string | null;
}

const ONE_WORD = 'there * covers blanks too; here it is one word, or any further words at the end';
const NO_DANGERS = 'no wildcard covers options that run, load or write something else';

/** Adds what a rule becomes to the draft. */
export function importBash(rule: BashRule, draft: ImportDraft): boolean {
  const text = (rule.specifier ?? '*').trim().replace(/:\*$/, ' *');
  if (text === '' || text === '*') {
    return draft.add({ ...rule, pattern: '*' });
  }
  return rule.effect === 'allow' ? importAllow(rule, text, draft) : importStrict(rule, text, draft);
}

function importAllow(rule: BashRule, text: string, draft: ImportDraft): boolean {
  const words = readWords(text);
  if (words === null) {
    const why = /[|&;\n]/.test(text)
      ? 'an allow rule is one simple command: allow each command of the line by a rule of its own'
      : /[<>]/.test(text)
        ? 'what a command writes is allowed by a rule of its own, such as allow: write out/**'
        : 'it names variables, substitutions or open quotes, which are not known before they run';
    return draft.lose(rule.from, why);
  }
  const { pattern, narrower } = allowWords(words);
  const wild = pattern.includes('*');
  const notes = [narrower ? ONE_WORD : null, wild ? NO_DANGERS : null];
  const note = notes.filter((one) => one !== null).join('; ') || null;
  return draft.add({ ...rule, pattern, note });
}

/** `npm run test*` there is also `npm run test -u`; `ls*` here may not name any program. */
function allowWords(words: readonly TextWord[]): { pattern: string; narrower: boolean } {
  const written = words.map(writtenWord);
  const last = words.at(-1)?.text ?? '';
  const inner = words.slice(0, -1).some(({ text }) => text.includes('*'));
  const within = last !== '*' && last.slice(0, -1).includes('*');
  if (!last.endsWith('*')) return { pattern: written.join(' '), narrower: inner || within };
  // There a blank and ` *` at the end stand for nothing only where no other wildcard is.
  if (last === '*')
    return { pattern: [...written, ...(inner ? ['*'] : [])].join(' '), narrower: inner };
  if (words.length > 1) return { pattern: `${written.join(' ')} *`, narrower: inner || within };
  const name = last.replace(/\*+$/, '');
  return { pattern: name.includes('*') ? last : `${quoteWord(name)} *`, narrower: true };
}

function importStrict(rule: BashRule, text: string, draft: ImportDraft): boolean {
  const words = readWords(text);
  const patterns = words === null ? [] : strictPatterns(words);
  const holds = patterns.length > 0 && samples(text).every((line) => caught(line, patterns));
  if (holds) {
    const note =
      rule.effect === 'deny'
        ? 'also through wrappers and paths, and however its options are written'
        : null;
    for (const pattern of patterns) draft.add({ ...rule, pattern, note });
    return true;
  }
  if (rule.effect === 'deny') {
    const note = 'words cannot say this, so it is an expression over the whole text of the line';
    return draft.add({ ...rule, pattern: textExpression(text), note });
  }
  const known = beforeWildcard(words ?? []);
  if (known !== null && samples(text).every((line) => caught(line, [known]))) {
    const note = 'stricter: words cannot say the rest of it, so more is asked';
    return draft.add({ ...rule, pattern: known, note });
  }
  const note = 'stricter: denied rather than asked, because an expression can only deny';
  return draft.add({ ...rule, effect: 'deny', pattern: textExpression(text), note });
}

/** Several where a wildcard in the place of the program means more there. */
function strictPatterns(words: readonly TextWord[]): string[] {
  const [name = '', ...rest] = words.map(writtenWord);
  const pattern = [name, ...rest].join(' ');
  if (name === '*') return rest.length > 0 ? [pattern, `* ${pattern}`] : [pattern];
  // A name without a slash means whatever stands behind the last one; there it may hold some.
  const stars = [...name.matchAll(/\*/g)].map(({ index }) => index);
  const paths = stars.map((at) => `${name.slice(0, at)}*/**${name.slice(at + 1)}`);
  return [pattern, ...paths.map((path) => [path, ...rest].join(' '))];
}

function beforeWildcard(words: readonly TextWord[]): string | null {
  const at = words.findIndex(({ text }) => text.includes('*'));
  const known = words.slice(0, at < 0 ? words.length - 1 : at);
  return known.length === 0 ? null : `${known.map(writtenWord).join(' ')} *`;
}

/** Lines that the rule catches there. */
function samples(text: string): string[] {
  const trailing = text.endsWith(' *') && text.indexOf('*') === text.length - 1;
  const bare = trailing ? [text.slice(0, -2)] : [];
  const filled = ['x', 'x y', '-x', '-x y z', 'x/y'].map((words) => text.replaceAll('*', words));
  return [...filled, ...bare];
}

function caught(line: string, patterns: readonly string[]): boolean {
  return patterns.some(
    (pattern) => testExamples({ effect: 'deny', pattern }, { match: [line] }).failures.length === 0,
  );
}

function textExpression(text: string): string {
  const escaped = text
    .replace(/ \*$/, '')
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replace(/[ \t]+/g, '\\s+'))
    .join('.*')
    // Around an operator a blank changes nothing.
    .replace(/(?:\\s\+)?((?:\\\||[&;<>])+)(?:\\s\+)?/g, '\\s*$1\\s*');
  return `/(?s)${escaped}/`;
}

interface TextWord {
  readonly text: string;
}

/** In our form: `*` stays a wildcard, everything else means itself. */
function writtenWord({ text }: TextWord, at: number): string {
  if (text === '*') return '*';
  // `read x` and `/x/` would be no commands here; `~/x` is a path only without quotes.
  if (at === 0 && /^(?:read|write|\/.*)$/s.test(text) && !text.includes('*')) return `"${text}"`;
  if (/^~\/[\w./-]*$/.test(text)) return text;
  const parts = text.split(/(\*+)/).filter((part) => part !== '');
  return (
    parts.map((part) => (part.startsWith('*') ? '*' : quoteWord(part))).join('') || quoteWord('')
  );
}

/** The words of one simple command, quotes removed; null where it is more than that. */
function readWords(text: string): TextWord[] | null {
  const words: TextWord[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (/[ \t]/.test(char)) {
      if (word !== null) words.push({ text: word });
      word = null;
    } else if (/[|&;<>()$`\n]/.test(char)) {
      return null;
    } else if (char === "'" || char === '"') {
      const end = text.indexOf(char, i + 1);
      const inner = end < 0 ? null : text.slice(i + 1, end);
      if (inner === null || (char === '"' && /[$`\\]/.test(inner))) return null;
      word = (word ?? '') + inner;
      i = end;
    } else if (char === '\\') {
      const next = text[i + 1];
      // A backslash before a wildcard is text there.
      if (next === undefined || next === '\n' || next === '*') return null;
      word = (word ?? '') + next;
      i++;
    } else word = (word ?? '') + char;
  }
  if (word !== null) words.push({ text: word });
  return words;
}
