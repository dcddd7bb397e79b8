// Words as a pattern that means exactly them: quoted wherever a word would otherwise say more.
import { readPattern } from './pattern.ts';

const PLAIN = /^[\w@%+:,./^-][\w@%+=:,./~^-]*$/;

/** One word that matches itself alone. */
export function quoteWord(word: string): string {
  if (PLAIN.test(word)) return word;
  // A quote ends at the next of its kind: a word with both kinds is several quoted pieces.
  const pieces = word.split(/("+)/).filter((piece) => piece !== '');
  if (pieces.length === 0) return '""';
  if (!word.includes('"')) return `"${word}"`;
  if (!word.includes("'")) return `'${word}'`;
  return pieces.map((piece) => (piece.startsWith('"') ? `'${piece}'` : `"${piece}"`)).join('');
}

/** The pattern of exactly these words, or null where no pattern says just that. */
export function exactPattern(
  words: readonly string[],
  assignments: readonly { readonly name: string; readonly value: string }[] = [],
): string | null {
  const named = assignments.map(({ name, value }) => `${name}=${value === '' ? '' : value}`);
  if (named.some((text) => !PLAIN.test(text))) return null;
  // `read x` and `write x` are about files, `Bash` is Claude Code's, `/a b/` an expression.
  const special = /^(?:read|write|Bash.*)$/.test(words[0] ?? '');
  const quoted = words.map((word, i) => (i === 0 && special ? `"${word}"` : quoteWord(word)));
  const plain = [...named, ...quoted].join(' ');
  const text =
    plain.startsWith('/') && plain.endsWith('/')
      ? [...named, ...words.map((word) => (PLAIN.test(word) ? `"${word}"` : quoteWord(word)))].join(
          ' ',
        )
      : plain;
  const { pattern, problem } = readPattern(text);
  if (problem !== null || pattern.kind !== 'command') return null;
  const { command } = pattern;
  const same =
    !command.rest &&
    command.words.length === words.length &&
    command.words.every((glob, i) => glob.literal === words[i]) &&
    command.assignments.length === named.length;
  return same ? text : null;
}
