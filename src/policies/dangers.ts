// What a wildcard never covers: options and operands that execute, load or write elsewhere. The
// facts of each program stand in danger-tables.ts and programs.ts; here they are applied.
import type { ProgramDanger } from './danger-spec.ts';
import { DANGERS } from './danger-tables.ts';
import { carrierDanger, interpreterDanger } from './interpreters.ts';
import { climbs } from './match-allow.ts';
import { operandDanger } from './programs.ts';
import { programName } from './unwrap.ts';
import type { ReadWord } from './word.ts';

/**
 * Why an allow rule that spells out only the words in `literal` does not cover this command, or
 * null. `words` start with the program.
 */
export function danger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const [first, ...rest] = words;
  if (first?.text === null || first === undefined) return 'the command name is not known';
  if (rest.every((word) => literal.has(word))) return null;
  const name = programName(first.text);
  const interpreter =
    interpreterDanger(name, words, literal, danger) ?? carrierDanger(name, words, literal, danger);
  if (interpreter !== null) return interpreter;
  const spec = DANGERS.get(name.replace(/^g(?=(find|sed|awk|tar|sort|xargs)$)/, ''));
  if (spec === undefined) return null;
  return optionsDanger(name, spec, words, literal) ?? operandDanger(name, words, literal);
}

function optionsDanger(
  name: string,
  spec: ProgramDanger,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  if (spec.never !== undefined) {
    if (name === 'set' && words.slice(1).every((word) => harmlessSet(word))) return null;
    return `${name} ${spec.never}: a wildcard does not cover it`;
  }
  const sub = spec.subcommands && subcommandDanger(name, spec, words, literal);
  if (sub) return sub;
  const free = spec.free?.get(words[1]?.text ?? '') ?? '';
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as ReadWord;
    if (word.text === null) {
      if (name === 'test' || name === '[') continue;
      if (!word.mayBeOption && !(spec.bundled && i === 1)) continue;
      return `a word of ${name} is not known before it runs and could be an option`;
    }
    const bundle = spec.bundled === true && i === 1 && !word.text.startsWith('-');
    const found = dangerousOption(spec, bundle ? `-${word.text}` : word.text);
    if (found === null) {
      if (spec.localOperands && !literal.has(word) && leadsOut(word.text)) {
        return `${name} could run ${word.text}: a wildcard covers only what lies below`;
      }
      continue;
    }
    const next = words[i + 1];
    const valueIsOwn = found.glued || next === undefined || literal.has(next) || found.plain;
    if ((literal.has(word) && valueIsOwn) || free.includes(found.name)) continue;
    return `${found.name} of ${name} can execute, load or write elsewhere: a wildcard does not cover it`;
  }
  return null;
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
  if (spec.prefixes?.some((start) => text.startsWith(start))) {
    return { name: text, glued: true, plain: false };
  }
  if (spec.words?.some((word) => text === word || text.startsWith(`${word}=`))) {
    return { name: text, glued: text.includes('='), plain: false };
  }
  if (text.startsWith('--')) {
    const [given = '', value] = [text.slice(2).split('=')[0], text.includes('=')];
    if (given === '' || spec.safe?.includes(given)) return null;
    const long = spec.long?.find((name) => name.startsWith(given));
    if (long === undefined) return null;
    return { name: `--${long}`, glued: value, plain: spec.plain?.includes(long) ?? false };
  }
  if (!/^-./s.test(text)) return null;
  if (spec.singleDash) return null;
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

function harmlessSet(word: ReadWord): boolean {
  return /^(?:[-+][eufxCo]+|pipefail|errexit|nounset|xtrace|noglob|noclobber)$/.test(
    word.text ?? '',
  );
}

function leadsOut(text: string): boolean {
  return text.startsWith('/') || climbs(text);
}

function subcommandDanger(
  name: string,
  spec: ProgramDanger,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  const harmless = spec.subcommands ?? [];
  const [, sub, verb] = words;
  if (sub?.text && harmless.includes(sub.text)) return null;
  const verbs = spec.verbs?.get(sub?.text ?? '');
  if (verbs && sub && verb?.text && verbs.includes(verb.text)) {
    if (literal.has(sub)) return null;
  }
  return `a wildcard on ${name} covers only ${harmless.slice(0, 4).join(', ')} and the like`;
}
