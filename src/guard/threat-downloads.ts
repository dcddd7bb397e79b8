// Files that are fetched in one part of a text and run in another.
import type { Word } from './shell-text.ts';
import { DECODED, FETCHED } from './taint.ts';
import type { Invocation, Reading } from './threat-reading.ts';

const OUTPUT_OPTION = /^(?:-o|-O|--output|--output-document|-OutFile)$/;

/** Remembers where a program puts what it fetches. */
export function noteDownload({ name, args, redirects, input }: Invocation, reading: Reading): void {
  const isFetch = /^(?:curl|wget2?|aria2c|http|iwr|invoke-webrequest|fetch)$/.test(name);
  if (!isFetch && (input & (FETCHED | DECODED)) === 0) return;
  for (const { operator, target } of redirects) {
    if (operator.startsWith('>') && !/^(?:\/dev\/|&|\d)/.test(target.text))
      addDownload(target.text, reading);
  }
  if (name === 'tee') for (const { text } of args) addDownload(text, reading);
  if (!isFetch) return;
  for (const [index, { text }] of args.entries()) {
    const before = args[index - 1]?.text ?? '';
    if (OUTPUT_OPTION.test(before) && !text.startsWith('-')) addDownload(text, reading);
    const isNamed =
      name.startsWith('wget') || args.some((word) => /^-[a-zA-Z]*O|^--remote-name/.test(word.text));
    if (text.includes('://') && isNamed)
      addDownload(text.split(/[?#]/, 1)[0]?.split('/').pop() ?? '', reading);
  }
}

const MOST_DOWNLOADS = 100;

function addDownload(path: string, { downloads }: Reading): void {
  const name = path.replace(/^\.\//, '');
  if (name !== '' && downloads.size < MOST_DOWNLOADS) downloads.add(name);
}

/** True for a file that was fetched earlier in the text. */
export function isDownloaded(path: string, { downloads }: Reading): boolean {
  return downloads.size > 0 && downloads.has(path.replace(/^\.\//, ''));
}

/** Says that such a file is run. */
export function tellDownloaded({ at, end }: Word, { findings }: Reading): void {
  findings.add('pipe-to-shell', 'warn', at, end - at, 'runs a file that was just fetched');
}
