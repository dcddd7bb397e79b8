// For rules with `paths: inside`: whether a word could name a file outside of the working
// directory. Lexical, and for every program alike: it only ever refuses. Symbolic links are not
// followed here; what a sandbox mounts is the wall behind this one.
import { expandsBelow, farPaths, isProcess, leadsUp, optionWithGlob } from './elsewhere.ts';
import { normalise } from './match-strict.ts';
import { resolvePath, wordText } from './paths.ts';
import type { RuleScope } from './rules.ts';
import { textWords } from './text-words.ts';
import type { ReadWord } from './word.ts';

/** Directories that are nobody's workspace, with all below them. */
const SYSTEM =
  /^\/(?:etc|proc|sys|dev|boot|run|s?bin|lib\w*|usr\/(?:s?bin|lib\w*|share|etc)|var\/(?:log|spool|run|db|backups|mail))(?:\/|$)/;
/** Directories that hold workspaces, and are none. */
const HOLDERS = new Set(['/', '/usr', '/usr/local', '/var', '/var/lib', '/opt', '/home', '/root']);

/** Why a rule that names only the words in `literal` does not stay inside, or null. */
export function outsideReason(
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  scope: RuleScope,
): string | null {
  const open = words.slice(1).filter((word) => !literal.has(word));
  if (open.length === 0) return null;
  const cwd = normalise(scope.cwd);
  if (SYSTEM.test(cwd) || HOLDERS.has(cwd) || cwd === scope.home) {
    return `${cwd} is no workspace: the rule covers only paths inside of one`;
  }
  const texts = textWords(words);
  for (const word of open) {
    if (texts.has(word)) continue;
    const text = wordText(word, scope);
    if (text === null) {
      if (expandsBelow(word) || optionWithGlob(word) !== null || isProcess(word)) continue;
      return 'a word is not known before it runs, and could name a file outside of the workspace';
    }
    const outside = leadsOutside(text, scope);
    if (outside !== null) {
      return `${outside} is outside of the working directory: the rule covers only what is below`;
    }
  }
  return null;
}

/** The part of a word that could be a path elsewhere, or null. */
function leadsOutside(text: string, scope: RuleScope): string | null {
  if (leadsUp(text)) return text;
  const cwd = normalise(scope.cwd);
  const outside = (path: string) =>
    path.startsWith('~') || !`${resolvePath(path, scope)}/`.startsWith(`${cwd}/`);
  return farPaths(text).find(outside) ?? null;
}
