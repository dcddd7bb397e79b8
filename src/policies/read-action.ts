// From an action to a reading: a line is read as bash would, an argv is one simple command. Also
// what a change of directory does to the rest. No rule is known here.
import type { Action } from '../bus/action.ts';
import type { Readings } from './cache.ts';
import { resolvePath, wordText } from './paths.ts';
import { type ReadCommand, type Reading, readLine } from './read-line.ts';
import type { RuleScope } from './rules.ts';
import { LINE_LIMIT_BYTES } from './strict.ts';
import { staticWord } from './word.ts';

/** Reads an action; `text` is its line, or its argv joined by blanks. */
export function readAction(
  action: Action,
  text: string,
  readings: Readings | null = null,
): Reading {
  const assignments = Object.entries(action.env).map(([name, value]) => ({
    name,
    value: staticWord(value),
  }));
  // Standard input comes with the action, and nobody has read it.
  const withStdin = (one: ReadCommand): ReadCommand =>
    action.stdinDigest === null || one.stdin !== undefined ? one : { ...one, stdin: null };
  if (action.kind === 'shell') {
    const reading = readings === null ? readLine(text) : readings.read(text);
    const own: ReadCommand[] = assignments.length === 0 ? [] : [{ ...BLANK, assignments }];
    return { ...reading, commands: [...own, ...reading.commands.map(withStdin)] };
  }
  const words = action.argv.map(staticWord);
  const commands = [withStdin({ ...BLANK, words, assignments })];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
  const control = /[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u2028\u2029]/.test(text);
  const long = Buffer.byteLength(text) > LINE_LIMIT_BYTES;
  const failure = long ? 'longer than 64 KiB' : control ? 'it holds a control character' : null;
  return { commands, failure: text.isWellFormed() ? failure : 'not valid Unicode', hazards: [] };
}

const BLANK: ReadCommand = {
  words: [],
  assignments: [],
  redirects: [],
  stdin: undefined,
  keyword: null,
};

/** `cd` changes what relative names and `in:` mean for everything else in the line. */
export function directoryChange(commands: readonly ReadCommand[], scope: RuleScope): string | null {
  const moves = commands.filter((one) => /^(?:cd|pushd|popd)$/.test(one.words[0]?.text ?? ''));
  const others = commands.filter((one) => !moves.includes(one) && one.words.length > 0);
  if (moves.length === 0 || others.length === 0) return null;
  for (const move of moves) {
    const target = move.words[1];
    const text = target === undefined ? null : wordText(target, scope);
    const below = text !== null && `${resolvePath(text, scope)}/`.startsWith(`${scope.cwd}/`);
    if (move.words.length !== 2 || !below || text === '-' || move.words[0]?.text === 'popd') {
      return 'it leaves the working directory, so that later commands mean something else';
    }
  }
  const relative = others.find((one) => /^[^/]+\//.test(one.words[0]?.text ?? ''));
  const redirected = commands.some((one) => one.redirects.length > 0);
  if (relative || redirected) return 'it changes the directory that relative paths are read in';
  return null;
}
