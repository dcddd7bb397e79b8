// What a wildcard never covers: options and operands that execute, load or write elsewhere. The
// facts of each program stand in danger-tables.ts and programs.ts; here they are applied.
import type { ProgramDanger } from './danger-spec.ts';
import { DANGERS } from './danger-tables.ts';
import { expandsBelow, farPaths, leadsUp, optionWithGlob } from './elsewhere.ts';
import { carrierDanger, interpreterDanger } from './interpreters.ts';
import { operandDanger } from './programs.ts';
import type { RuleScope } from './rules.ts';
import { subcommandDanger } from './subcommands.ts';
import { programName } from './unwrap.ts';
import type { ReadWord } from './word.ts';
import { isWorkspace, outsidePath } from './workspace.ts';
import { CARRIERS } from './wrappers.ts';

/**
 * Why an allow rule that spells out only the words in `literal` does not cover this command, or
 * null. `words` start with the program. Without a scope every absolute path is elsewhere.
 */
export function danger(
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  scope: RuleScope | null = null,
): string | null {
  const [first, ...rest] = words;
  if (first?.text === null || first === undefined) return 'the command name is not known';
  if (rest.every((word) => literal.has(word))) return null;
  const name = programName(first.text);
  const inner = (some: readonly ReadWord[], named: ReadonlySet<ReadWord>) =>
    danger(some, named, scope);
  const interpreter =
    interpreterDanger(name, words, literal, inner) ?? carrierDanger(name, words, literal, inner);
  if (interpreter !== null) return interpreter;
  const known = tableName(name);
  const spec = DANGERS.get(known);
  if (spec === undefined) return null;
  return optionsDanger(known, spec, words, literal, scope) ?? operandDanger(known, words, literal);
}

/** Why a rule `NAME *` does not cover NAME alone: an editor or a shell would wait for commands. */
export function bareDanger(program: string): string | null {
  const name = programName(program);
  const never = CARRIERS.has(name) ? 'runs other programs' : DANGERS.get(tableName(name))?.never;
  return never === undefined ? null : `${name} alone ${never}: a rule without * can allow it`;
}

/** `gcc-12`, `x86_64-linux-gnu-gcc` and `gsort` are what they are versions of. */
export function tableName(name: string): string {
  const forms = [
    name,
    name.replace(/^g(?=(?:find|sed|awk|tar|sort|xargs|cp|mv|ln|rm|date|split|install)$)/, ''),
    name.replace(/-?\d+(?:\.\d+)*$/, ''),
    name.replace(/^\w+(?:-\w+)*-(?=[a-z+]+(?:-[\d.]+)?$)/, '').replace(/-[\d.]+$/, ''),
  ];
  return forms.find((form, i) => DANGERS.has(form) && (i < 3 || COMPILERS.test(form))) ?? name;
}

const COMPILERS = /^(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|as|nm|objdump|strings|readelf|ar)$/;

function optionsDanger(
  name: string,
  spec: ProgramDanger,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  scope: RuleScope | null,
): string | null {
  if (spec.never !== undefined) {
    if (name === 'set' && words.slice(1).every((word) => harmlessSet(word))) return null;
    if (onlyLooks(spec, words, literal)) return null;
    return `${name} ${spec.never}: a wildcard does not cover it`;
  }
  const sub = spec.subcommands && subcommandDanger(name, spec, words, literal);
  if (sub) return sub;
  for (let i = 1; i < words.length; i++) {
    const why = wordDanger(name, spec, words, i, literal, scope);
    if (why !== null) return why;
  }
  return null;
}

function wordDanger(
  name: string,
  spec: ProgramDanger,
  words: readonly ReadWord[],
  at: number,
  literal: ReadonlySet<ReadWord>,
  scope: RuleScope | null,
): string | null {
  const word = words[at] as ReadWord;
  // What git's own words mean is looked at in git.ts; printf has options before its format only.
  const formatted = name === 'printf' && at > 1 && /^[^-]/.test(words[1]?.text ?? '');
  if (word.text === null && (name === 'git' || formatted)) return null;
  if (word.text === null) return unknownDanger(name, spec, word, at);
  const bundle = spec.bundled === true && at === 1 && !word.text.startsWith('-');
  const found = dangerousOption(spec, bundle ? `-${word.text}` : word.text);
  if (found === null) {
    const local = spec.localOperands === true && !literal.has(word);
    if (!local || !leadsOut(word.text, scope)) return null;
    return `${word.text} is elsewhere: a wildcard on ${name} covers only what lies below`;
  }
  const next = words[at + 1];
  const valueIsOwn = found.glued || next === undefined || literal.has(next) || found.plain;
  const free = spec.free?.get(words[1]?.text ?? '') ?? '';
  if ((literal.has(word) && valueIsOwn) || free.includes(found.name)) return null;
  return `${found.name} of ${name} can execute, load or write elsewhere: a wildcard does not cover it`;
}

/** A word that is not known before it runs may be an option, or a path that leads anywhere. */
function unknownDanger(
  name: string,
  spec: ProgramDanger,
  word: ReadWord,
  at: number,
): string | null {
  if (name === 'test' || name === '[') return null;
  const options = spec.short ?? spec.long ?? spec.words ?? spec.prefixes ?? spec.stems;
  if (spec.localOperands) {
    if (!expandsBelow(word) && optionWithGlob(word) === null)
      return `a word of ${name} is not known before it runs`;
    if (options === undefined) return null;
  }
  const known = optionWithGlob(word);
  if (known !== null && dangerousOption(spec, `${known.option}x`) === null) return null;
  if (!word.mayBeOption && !(spec.bundled && at === 1)) return null;
  return `a word of ${name} is not known before it runs and could be an option`;
}

/** The rule names a first word that only looks, and what it leaves open are no options. */
function onlyLooks(
  spec: ProgramDanger,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): boolean {
  const [, first, ...rest] = words;
  if (!first?.text || !literal.has(first) || !spec.looksWith?.test(first.text)) return false;
  return rest.every(
    (word) => literal.has(word) || (word.text !== null && !/^[-@]/.test(word.text)),
  );
}

interface Found {
  readonly name: string;
  /** The value, if any, is in the same word. */
  readonly glued: boolean;
  /** It takes no value, or one that is the rule's own business. */
  readonly plain: boolean;
}

/**
 * Reads a word as an option even after `--` and where it may be another option's value: that only
 * ever asks once too often.
 */
function dangerousOption(spec: ProgramDanger, text: string): Found | null {
  if (spec.plainWords?.includes(text)) return null;
  if (spec.prefixes?.some((start) => text.startsWith(start))) {
    return { name: text, glued: true, plain: false };
  }
  if (spec.words?.some((word) => text === word || text.startsWith(`${word}=`))) {
    return { name: text, glued: text.includes('='), plain: false };
  }
  if (text.startsWith('--') || (spec.oneOrTwo === true && /^-[A-Za-z][\w-]/.test(text))) {
    const long = dangerousLong(spec, text);
    if (long !== null || text.startsWith('--')) return long;
  }
  if (!/^-./s.test(text) || spec.singleDash) return null;
  for (let i = 1; i < text.length; i++) {
    const letter = text[i] as string;
    if (spec.short?.includes(letter)) {
      const plain = spec.plain?.includes(letter) ?? false;
      return { name: `-${letter}`, glued: i < text.length - 1, plain };
    }
    if (spec.values?.includes(letter)) return null;
  }
  return null;
}

function dangerousLong(spec: ProgramDanger, text: string): Found | null {
  const [written = '', value] = [text.replace(/^--?/, '').split('=')[0], text.includes('=')];
  const given = spec.oneOrTwo ? written.toLowerCase() : written;
  if (given === '' || spec.safe?.includes(given)) return null;
  const long =
    spec.long?.find((name) => name.startsWith(given)) ??
    (spec.stems?.test(given.replace(/[-_.]/g, '').toLowerCase()) ? given : undefined);
  if (long === undefined) return null;
  return { name: `--${long}`, glued: value, plain: spec.plain?.includes(long) ?? false };
}

function harmlessSet(word: ReadWord): boolean {
  return /^(?:[-+][eufxCo]+|pipefail|errexit|nounset|xtrace|noglob|noclobber)$/.test(
    word.text ?? '',
  );
}

function leadsOut(text: string, scope: RuleScope | null): boolean {
  if (scope !== null && isWorkspace(scope)) return outsidePath(text, scope) !== null;
  return leadsUp(text) || farPaths(text).length > 0;
}
