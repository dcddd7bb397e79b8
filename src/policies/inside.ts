// For rules with `paths: inside`: whether a word could name a file outside of the working
// directory. Lexical, and for every program alike: it only ever refuses. Symbolic links are not
// followed here; what a sandbox mounts is the wall behind this one.
import { expandsBelow, isProcess, optionWithGlob } from './elsewhere.ts';
import { wordText } from './paths.ts';
import type { RuleScope } from './rules.ts';
import { textWords } from './text-words.ts';
import type { ReadWord } from './word.ts';
import { isWorkspace, outsidePath } from './workspace.ts';

/** Why a rule that names only the words in `literal` does not stay inside, or null. */
export function outsideReason(
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  scope: RuleScope,
): string | null {
  const open = words.slice(1).filter((word) => !literal.has(word));
  if (open.length === 0) return null;
  if (!isWorkspace(scope)) {
    return `${scope.cwd} is no workspace: the rule covers only paths inside of one`;
  }
  const texts = textWords(words);
  for (const word of open) {
    if (texts.has(word)) continue;
    const text = wordText(word, scope);
    if (text === null) {
      if (expandsBelow(word) || optionWithGlob(word) !== null || isProcess(word)) continue;
      return 'a word is not known before it runs, and could name a file outside of the workspace';
    }
    const outside = outsidePath(text, scope);
    if (outside !== null) {
      return `${outside} is outside of the working directory: the rule covers only what is below`;
    }
  }
  return null;
}
