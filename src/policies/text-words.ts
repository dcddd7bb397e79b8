// Which words of a command are program text or patterns, and no file names, in the forms that
// people write: `grep -n /api src`, `sed -n '/a/p' f`. Where that is in doubt, none is.
import { programName } from './unwrap.ts';
import type { ReadWord } from './word.ts';

interface TextForm {
  /** Options that may stand before the text; with any other one nothing is known. */
  readonly options: RegExp;
  /** Options of which the next word is a value, and no file name. */
  readonly values?: RegExp;
  /** Options of which the next word is the text; then no operand is. */
  readonly given?: RegExp;
}

const LONG =
  '--(?:colou?r|include|exclude|exclude-dir|count|line-number|ignore-case|only-matching|' +
  'word-regexp|line-regexp|context|after-context|before-context|max-count|with-filename|' +
  'no-filename|files-with-matches|files-without-match|fixed-strings|extended-regexp|' +
  'perl-regexp|recursive|invert-match|hidden|glob|type|multiline|no-ignore|no-heading|' +
  'heading|smart-case|stats|sort|json|column)(?:=.*)?';

const FORMS: ReadonlyMap<string, TextForm> = new Map([
  [
    'grep',
    {
      options: new RegExp(String.raw`^-[ABCEFGHILPRTUZabchilmnoqrsuvwxyz\d]+$|^${LONG}$`, 's'),
      values: /^-[ABCm]$/,
    },
  ],
  [
    'rg',
    {
      options: new RegExp(String.raw`^-[ABCFHILMNPSTUVabcghijlmnoqstuvwx\d]+$|^${LONG}$`, 's'),
      values: /^-[ABCEMTgjmt]$/,
    },
  ],
  ['sed', { options: /^-[nErsuz]+$/, given: /^-[nErsuz]*e$/ }],
  ['awk', { options: /^-F.+$|^-v\w+=[^/]*$/s, values: /^-[Fv]$/ }],
]);
const KIN: ReadonlyMap<string, string> = new Map(
  Object.entries({ egrep: 'grep', fgrep: 'grep', gawk: 'awk', mawk: 'awk', nawk: 'awk' }),
);

/** A separator that is a slash: `cut -d/`, `sort -t/`, `awk -F/`. */
const SLASH = /^-[dtFs]\/$/;
const SEPARATED = new Set('cut sort paste column awk gawk mawk nawk'.split(' '));

/** The words of a command that are no file names. */
export function textWords(words: readonly ReadWord[]): ReadonlySet<ReadWord> {
  const name = programName(words[0]?.text ?? '');
  const found = new Set<ReadWord>();
  if (SEPARATED.has(name)) {
    for (const word of words) if (SLASH.test(word.text ?? '')) found.add(word);
  }
  const form = FORMS.get(KIN.get(name) ?? name);
  if (form === undefined) return found;
  let given = false;
  for (let i = 1; i < words.length; i++) {
    const text = words[i]?.text ?? null;
    if (text === null) break;
    const next = words[i + 1];
    if (form.given?.test(text)) {
      given = true;
      if (next !== undefined) found.add(next);
      i++;
    } else if (form.values?.test(text)) {
      i++;
    } else if (!text.startsWith('-')) {
      // The first operand, unless an option has given the text: one behind may still do so.
      const doubt = words.slice(i + 1).some((word) => couldGive(word, form));
      if (!given && !doubt) found.add(words[i] as ReadWord);
      break;
    } else if (!form.options.test(text) && !SLASH.test(text)) break;
  }
  return found;
}

/** Options are read behind operands, too. */
function couldGive(word: ReadWord, form: TextForm): boolean {
  if (word.text === null) return word.mayBeOption;
  return /^-./s.test(word.text) && !form.options.test(word.text);
}
