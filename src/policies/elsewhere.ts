// What a word says of files elsewhere: outside of the directory that a command stands in. It reads
// text alone and knows neither program nor rule; where it is in doubt the answer is yes.
import type { ReadWord } from './word.ts';

/** Where a path could begin: the whole word, behind a separator, glued to a short option. */
const STARTS = /(^-\w*|^|[=:,;@{"'\s])(?=[/~])/g;
const CLIMBS = /(?:^-?\w*|[/=:,;@{"'\s])\.\.(?:[/:,;}"'\s]|$)/;

/** Whether a word holds a `..` that leads out of whatever directory stands before it. */
export function leadsUp(text: string): boolean {
  return CLIMBS.test(text);
}

/** The parts of a word that could be paths from the root or from a home directory. */
export function farPaths(text: string): string[] {
  return [...text.matchAll(STARTS)].map((found) =>
    text.slice(found.index + (found[1]?.length ?? 0)),
  );
}

/** Whether what the shell makes of this word are files below: a glob, or braces around names. */
export function expandsBelow({ template }: ReadWord): boolean {
  return template !== undefined && namesBelow(template);
}

function namesBelow(template: string): boolean {
  const plain = template.replace(/\{\w[\w.-]*(?:,\w[\w.-]*)+\}/g, 'x');
  if (!/^[\w*?[][\w.,%+@*?[\]/-]*$/.test(plain) && !/^\.\/[\w.,%+@*?[\]/-]*$/.test(plain)) {
    return false;
  }
  // `.?` and `.*` can become `..`.
  return !/(?:^|\/)\.[^/]*[*?[]|\.\./.test(plain);
}

/** For `--include=*.ts`, a known option with a glob behind it: both of them. */
export function optionWithGlob({ template }: ReadWord): { option: string; glob: string } | null {
  const found = /^(--?[\w-]+=)(.*)$/s.exec(template ?? '');
  if (found?.[1] === undefined || found[2] === undefined || !namesBelow(found[2])) return null;
  return { option: found[1], glob: found[2] };
}

/** Whether it is `<(command)` or `>(command)`, whose name the shell chooses. */
export function isProcess(word: ReadWord): boolean {
  return word.text === null && word.prefix === '/dev/fd/' && /^[<>]\(/.test(word.template ?? '');
}
