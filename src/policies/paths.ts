// Rules about files that a command line opens: which path a redirection means, and which rules
// speak of it. Lexical only: no disk is looked at here.

import { type Glob, globMatches, makeGlob } from './glob.ts';
import { matchAllow } from './match-allow.ts';
import { type Match, matchStrict, normalise, type WordView } from './match-strict.ts';
import type { Pattern } from './pattern.ts';
import type { ReadCommand, ReadRedirect } from './read-line.ts';
import type { RuleScope } from './rules.ts';
import type { ReadWord } from './word.ts';

/** The text of a word, with `~` resolved where the home directory is known. */
export function wordText(word: ReadWord, scope: RuleScope): string | null {
  if (word.text !== null) return word.text;
  return word.tilde !== null && scope.home !== null ? scope.home + word.tilde : null;
}

/** The same for matching whole commands. */
export function wordView(scope: RuleScope): WordView {
  return {
    text: (word) => wordText(word, scope),
    path: (text) => resolvePath(text, scope),
    home: scope.home,
  };
}

/** The absolute path that a text means in a directory. */
export function resolvePath(text: string, scope: RuleScope): string {
  const path = normalise(text.startsWith('/') ? text : `${scope.cwd}/${text}`);
  return path.startsWith('/proc/') ? throughProc(path, scope) : path;
}

/** `/proc/self/root/etc` is /etc, and `/proc/self/cwd` the working directory. */
function throughProc(path: string, scope: RuleScope): string {
  const found = /^(?:\/proc\/(?:[a-z-]*self|\d+)(?:\/task\/\d+)?\/(?:root|cwd)(?=\/|$))+/.exec(
    path,
  );
  if (found === null) return path;
  const rest = path.slice(found[0].length);
  return found[0].endsWith('cwd') ? `${normalise(scope.cwd)}${rest}` : rest || '/';
}

type PathPattern = Extract<Pattern, { kind: 'path' }>;

/** Whether a deny or ask rule speaks of this redirection. */
export function pathMatchStrict(
  pattern: PathPattern,
  command: ReadCommand,
  redirect: ReadRedirect,
  scope: RuleScope,
): Match {
  if (pattern.access !== redirect.access) return 'no';
  let sure: Match = 'yes';
  if (pattern.command !== null) {
    sure = matchStrict(pattern.command, command, wordView(scope));
    if (sure === 'no') return 'no';
  }
  const text = wordText(redirect.target, scope);
  if (text === null) return 'maybe';
  const path = resolvePath(text, scope);
  const fits = globMatches(pattern.path, text, true) || pathFits(pattern.path, path, scope, true);
  return fits ? sure : 'no';
}

/** Whether an allow rule covers this redirection. */
export function pathMatchAllow(
  pattern: PathPattern,
  command: ReadCommand,
  redirect: ReadRedirect,
  scope: RuleScope,
): boolean {
  if (pattern.access !== redirect.access) return false;
  if (pattern.command !== null && matchAllow(pattern.command, command, false) === null)
    return false;
  const text = wordText(redirect.target, scope);
  if (text === null || text === '') return false;
  return pathFits(pattern.path, resolvePath(text, scope), scope, false);
}

const resolved = new WeakMap<Glob, Glob>();

/** The glob of a text that a glob means in some directory, mostly the same as the last time. */
function anew(glob: Glob, text: string): Glob {
  const known = resolved.get(glob);
  if (known?.source === text) return known;
  const made = makeGlob([{ text, quoted: false }]);
  resolved.set(glob, made);
  return made;
}

/** Whether an absolute path is one that the pattern speaks of. */
export function pathFits(glob: Glob, path: string, scope: RuleScope, crossSlash: boolean): boolean {
  const source = glob.source;
  if (source === '~' || source.startsWith('~/')) {
    if (scope.home === null) return false;
    const full = anew(glob, scope.home + source.slice(1));
    return globMatches(full, path, crossSlash) || endsAtDirectory(full, path, crossSlash);
  }
  if (source.startsWith('/')) {
    return globMatches(glob, path, crossSlash) || endsAtDirectory(glob, path, crossSlash);
  }
  const cwd = normalise(scope.cwd);
  const below = path.startsWith(cwd === '/' ? '/' : `${cwd}/`);
  if (!source.includes('/')) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return (below || crossSlash) && globMatches(glob, name, crossSlash);
  }
  if (!below) return false;
  const relative = path.slice(cwd === '/' ? 1 : cwd.length + 1);
  const full = anew(glob, normalise(source));
  return globMatches(full, relative, crossSlash) || endsAtDirectory(full, relative, crossSlash);
}

/** `/etc/**` speaks of `/etc` itself, too. */
function endsAtDirectory(glob: Glob, path: string, crossSlash: boolean): boolean {
  return crossSlash && glob.source.endsWith('/**') && globMatches(glob, `${path}/`, true);
}
