// An action's command as people read it. For eyes only: what runs is the action itself.
import type { Action } from './action.ts';

/** The command as text: a shell line as it is, an argv quoted so that it reads back as itself. */
export function commandText(action: Action): string {
  return action.kind === 'shell' ? action.command : action.argv.map(quoteWord).join(' ');
}

/** Words that mean something else to a shell where a command's name stands. */
const KEYWORDS = new Set(
  'if then else elif fi for while until do done case esac in function select time coproc'.split(
    ' ',
  ),
);

// POSIX quoting; only words that no shell would look at twice stay bare.
function quoteWord(word: string, place: number): string {
  const isPlain = /^[A-Za-z0-9_@%+=:,./-]+$/.test(word);
  if (isPlain && (place > 0 || !(word.includes('=') || KEYWORDS.has(word)))) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
