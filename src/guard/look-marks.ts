// Which characters of a text a card names for how they look: those that an inspection found.
import { asciiTwin } from './confusables.ts';
import { inspect } from './inspect.ts';
import { type Marks, markMixedWords, marksOf } from './marks.ts';

const UNUSUAL = /\P{ASCII}/u;

/**
 * Look-alikes of ASCII, as an inspection of the text as a command finds them. Where it gives up or
 * stops counting, every letter that could be one.
 */
export const markLooks: Marks = (text) => {
  if (!UNUSUAL.test(text)) return [];
  const { findings } = inspect(text, 'command');
  const marks = marksOf(text, findings, asciiTwin);
  const isPartial =
    findings.length >= MANY || findings.some(({ kind }) => kind === 'limit' || kind === 'failure');
  return isPartial ? [...marks, ...markMixedWords(text)] : marks;
};

// An inspection lists only so many findings.
const MANY = 100;
