// Files that are fetched or decoded in one part of a text and run in another.
import type { Word } from './shell-text.ts';
import { DECODED, FETCHED, type Taint } from './taint.ts';
import { type Invocation, type Reading, tellExecution } from './threat-reading.ts';

const FETCHES = /^(?:curl|wget2?|aria2c|http|iwr|invoke-webrequest|fetch)$/;
const OUTPUT_OPTION = /^(?:-o|-O|--output|--output-document|-OutFile)$/;
const MOST_FILES = 100;

/** Remembers where a program puts what it fetches or decodes; `output` is what it writes. */
export function noteFiles(invocation: Invocation, output: Taint, reading: Reading): void {
  const { name, args, redirects } = invocation;
  const taint = output & (FETCHED | DECODED);
  if (taint === 0) return;
  for (const { operator, target } of redirects) {
    if (operator.startsWith('>') && !/^(?:\/dev\/|&|\d)/.test(target.text)) {
      note(target.text, taint, reading);
    }
  }
  if (name === 'tee') for (const { text } of args) note(text, taint, reading);
  if (!FETCHES.test(name)) return;
  const isNamed =
    name.startsWith('wget') || args.some(({ text }) => /^-[a-zA-Z]*O|^--remote-name/.test(text));
  for (const [index, { text }] of args.entries()) {
    const before = args[index - 1]?.text ?? '';
    if (OUTPUT_OPTION.test(before) && !text.startsWith('-')) note(text, taint, reading);
    if (text.includes('://') && isNamed) {
      note(text.split(/[?#]/, 1)[0]?.split('/').pop() ?? '', taint, reading);
    }
  }
}

function note(path: string, taint: Taint, { files }: Reading): void {
  const name = path.replace(/^\.\//, '');
  if (name !== '' && files.size < MOST_FILES) files.set(name, (files.get(name) ?? 0) | taint);
}

/** Says so where a word that is run is a file that was fetched or decoded earlier in the text. */
export function checkFileRun(word: Word, reading: Reading): void {
  if (reading.files.size === 0) return;
  tellExecution(reading.files.get(word.text.replace(/^\.\//, '')) ?? 0, word, reading);
}
