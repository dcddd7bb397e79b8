// Whether an allow pattern covers one simple command: exactly, word for word, first to last. It
// reports which words the pattern names itself; the others have to pass the danger tables.
import { type Glob, globMatches } from './glob.ts';
import { type CommandPattern, isLoneStar } from './pattern.ts';
import type { ReadCommand } from './read-line.ts';
import type { ReadWord } from './word.ts';

/** Words that the pattern spells out, and assignments it names. */
export interface Coverage {
  readonly literal: ReadonlySet<ReadWord>;
}

/** Null where the pattern does not match. */
export function matchAllow(
  pattern: CommandPattern,
  command: ReadCommand,
  anyProgram: boolean,
): Coverage | null {
  const { words } = command;
  const named = pattern.words[0];
  if (words.length === 0) return null;
  const keyword = command.keyword !== null && named?.literal === command.keyword ? 1 : 0;
  const globs = pattern.words.slice(keyword);
  // `time *` would be any program at all.
  if (keyword === 1 && globs.length === 0) return null;
  if (globs.length === 0 && !anyProgram && !knownProgram(words[0] as ReadWord)) return null;
  if (words.length < globs.length) return null;
  if (!pattern.rest && words.length > globs.length) return null;
  const literal = new Set<ReadWord>();
  for (let i = 0; i < globs.length; i++) {
    const glob = globs[i] as Glob;
    const word = words[i] as ReadWord;
    if (!(i === 0 ? nameFits(glob, word) : wordFits(glob, word))) return null;
    if (glob.literal !== null) literal.add(word);
  }
  const name = words[0]?.text ?? null;
  return name === null ? null : { literal };
}

// With a rule that forbids something, a program must be known by its name: a copy of it elsewhere
// would be another name.
const SYSTEM_PATH = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;

function knownProgram(word: ReadWord): boolean {
  return word.text !== null && (!word.text.includes('/') || SYSTEM_PATH.test(word.text));
}

/** A bare name is looked up on PATH; a path is that path; wildcards stay within a segment. */
function nameFits(glob: Glob, word: ReadWord): boolean {
  if (word.text === null) return false;
  if (isLoneStar(glob)) return knownProgram(word);
  if (climbs(word.text) && glob.literal === null) return false;
  return globMatches(glob, word.text, false);
}

function wordFits(glob: Glob, word: ReadWord): boolean {
  if (isLoneStar(glob)) return word.single;
  if (word.text === null) return false;
  if (glob.literal !== null) return glob.literal === word.text;
  return !climbs(word.text) && globMatches(glob, word.text, true);
}

/** It holds a `..` that leads out of whatever directory stands before it. */
export function climbs(text: string): boolean {
  return /(?:^|[/=:,])\.\.(?:$|[/:,])/.test(text);
}
