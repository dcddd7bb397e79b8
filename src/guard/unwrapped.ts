// The command within its wrappers: `sudo env A=1 nice -n 5 sh` is `sh`. For detection: where a
// wrapper's options are unknown the first word that could be the command is taken.
import type { Word } from './shell-text.ts';
import { programName, WRAPPERS } from './threat-programs.ts';

export interface Unwrapped {
  /** Lower case, without its folder. */
  readonly name: string;
  readonly index: number;
  readonly isUnderXargs: boolean;
  /** What `env` sets. */
  readonly environment: readonly Word[];
  /** Where a wrapper is given one text to split and run (`env -S`). */
  readonly code: { readonly text: string; readonly at: number } | null;
}

const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const MOST_WRAPPERS = 10;

/** Looks through the wrappers of a command. */
export function unwrap(words: readonly Word[]): Unwrapped {
  let index = 0;
  let isUnderXargs = false;
  const environment: Word[] = [];
  for (let wrappers = 0; wrappers < MOST_WRAPPERS; wrappers += 1) {
    const name = nameAt(words, index);
    const wrapper = WRAPPERS.get(name);
    if (wrapper === undefined) break;
    if (name === 'xargs' || name === 'parallel') isUnderXargs = true;
    let next = index + 1;
    let operands = wrapper.operands;
    for (; next < words.length; next += 1) {
      const text = words[next]?.text ?? '';
      if (name === 'env' && isSplit(text)) {
        const code = splitText(words, next);
        return { name, index, isUnderXargs, environment, code };
      }
      if (text.startsWith('-') && text.length > 1) {
        const isShort = !text.startsWith('--');
        const takesNext = isShort && text.length === 2 && wrapper.valued.includes(text.charAt(1));
        if (takesNext) next += 1;
      } else if ((name === 'env' || name === 'sudo') && ASSIGNMENT.test(text)) {
        const word = words[next];
        if (word !== undefined) environment.push(word);
      } else if (operands > 0) operands -= 1;
      else break;
    }
    if (next >= words.length) break;
    index = next;
  }
  return { name: nameAt(words, index), index, isUnderXargs, environment, code: null };
}

function nameAt(words: readonly Word[], index: number): string {
  return programName(words[index]?.text ?? '').toLowerCase();
}

function isSplit(text: string): boolean {
  return /^(?:-[a-zA-Z]*S|--split-string)/.test(text);
}

function splitText(words: readonly Word[], at: number): { text: string; at: number } {
  const word = words[at];
  const own = (word?.text ?? '').replace(/^(?:-[a-zA-Z]*S|--split-string=?)/, '');
  const rest = words.slice(at + 1).map(({ text }) => text);
  return { text: [own, ...rest].join(' ').trim(), at: word?.at ?? 0 };
}
