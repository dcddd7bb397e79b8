// Regular expressions that mean a command: `\brm\s+-[rf]{1,2}\b`, `shutdown|reboot`, `> /dev/sd`,
// `curl.*\|.*sh`. Read as what their author meant, in the words of the policy language.
import { RE2JS } from 're2js';
import { readPattern } from './pattern.ts';

interface KnownShape {
  readonly patterns: readonly string[];
  readonly note: string;
}

/** More than this is no longer one idea. */
const PATTERN_LIMIT = 40;

const AS_WORDS =
  'as words: also through wrappers and paths and in any order of options, and not where the text only stands in quotes';

/** The rules that an expression means, or null where that is not plain. */
export function knownShape(source: string): KnownShape | null {
  return piped(source) ?? redirected(source) ?? command(source);
}

/** `(wget|curl).*\|\s*(sh|bash)` and its kind: whatever is fetched and run. */
function piped(source: string): KnownShape | null {
  const [, before = '', after = ''] = /^(.*?)\\\|(?!\|)(.*)$/s.exec(source) ?? [];
  const fetchers = wordsOf(before);
  const shells = wordsOf(after);
  if (!fetchers.every((name) => FETCHERS.has(name)) || fetchers.length === 0) return null;
  if (!shells.every((name) => SHELLS.has(name)) || shells.length === 0) return null;
  const wrappers = String.raw`(?:(?:sudo|doas|env|nohup|nice|exec|command|time|xargs|busybox)\s+(?:-\S+\s+)*)*`;
  return {
    patterns: [
      String.raw`/\b(?:${fetchers.join('|')})\b.*\|\s*${wrappers}(?:\S*/)?(?:ba|z|da|k|fi|c|tc)?sh\b/`,
    ],
    note: 'whatever the shell is called, and through sudo or a path: a whole line is matched by an expression',
  };
}

const FETCHERS = new Set(['curl', 'wget', 'fetch']);
/** As they are written in one go and in pieces: `(ba)?sh`. */
const SHELLS = new Set('sh bash zsh dash ksh fish ba z da k fi sudo'.split(' '));

/** The names in a part of an expression; none where it holds anything but names and glue. */
function wordsOf(part: string): string[] {
  const glue = /\\[bsS][*+?]?|\\w[*+]|\.[*+?]*|\(\?:|[()|?\s]/g;
  const words = part.replace(glue, ' ').trim().split(/ +/);
  return words.every((word) => /^[a-z]+$/.test(word)) ? words : [];
}

const DEVICES = /^>\\?[ ]?(?:\\s\*|\\s\+)?\/dev\/(.+?)(?:\\b)?$/;

/** `> /dev/sd`, and the long list of block devices. */
function redirected(source: string): KnownShape | null {
  const rest = DEVICES.exec(source)?.[1];
  if (rest === undefined) return null;
  const group = /^\((?:\?:)?([^()]+)\)$/.exec(rest)?.[1] ?? rest;
  const names = group.split('|').map((name) => name.replace(/(?:\[[^\]]+\]|\\d|\*)+$/, ''));
  if (!names.every((name) => /^[a-z][a-z-]*$/.test(name)) || names.includes('null')) return null;
  return {
    patterns: names.map((name) => `* > /dev/${name}*`),
    note: 'the file that is really opened counts, however it is written',
  };
}

function command(source: string): KnownShape | null {
  const stripped = source
    .replace(/^\(\?i\)/, '')
    .replace(/^\(\?:\^\|[^()]*\)(?:\\s\*)?/, '')
    .replace(/^(?:\\b|\^|(?:;|&&|\\\|\\\|)(?:\\s[*+])?)+/, '');
  const items = itemsOf(stripped);
  if (items === null || items.length === 0) return null;
  let phrases: string[][] = [[]];
  for (const item of items) {
    phrases = phrases.flatMap((phrase) => item.map((word) => [...phrase, word]));
    if (phrases.length > PATTERN_LIMIT) return null;
  }
  const patterns = [...new Set(phrases.flatMap(patternsOf))];
  const said = patterns.filter((pattern) => !/ \* \S+=\*$/.test(pattern));
  if (said.length === 0 || !said.every((pattern) => speaksOf(pattern, source))) return null;
  return { patterns: [...patterns, ...kin(patterns)], note: AS_WORDS };
}

/** The alternatives of each word; null where the expression says anything else. */
function itemsOf(source: string): string[][] | null {
  const bare = source.replace(/(?:\\b|\\s[*+]?|\$|\s)+$/, '');
  // `dd.*of=` is dd with that word anywhere behind it.
  const parts = bare.split(/(?:\\b)?(\\s[+*]| \+?|\.\*)(?:\\b)?/);
  const whole = /^\(?(?:\?:)?([a-z]+(?:\|[a-z]+)+)\)?$/.exec(bare)?.[1];
  if (whole !== undefined) return [whole.split('|')];
  const items: string[][] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const words = alternatives(parts[i] ?? '');
    if (words === null) return null;
    // Options stand anywhere; a word behind `.*` is looked for anywhere, too.
    const anywhere = parts[i - 1] === '.*';
    items.push(words.map((word) => (anywhere && !/^[-*]/.test(word) ? `*${word}` : word)));
  }
  return items;
}

/** `-[rf]{1,2}`, `(install|remove)`, `[0-7]{3,4}`, `777`. */
function alternatives(part: string): string[] | null {
  const text = part.replace(/^\\b|\\b$/g, '');
  const group = /^\((?:\?:)?([\w|.-]+)\)$/.exec(text)?.[1];
  if (group !== undefined) return group.split('|');
  const cluster = /^([-/]+)\[([a-z0-9]+)\](?:\{\d(?:,\d?)?\}|[+*])?$/.exec(text);
  if (cluster?.[2] !== undefined) return [...cluster[2]].map((letter) => `${cluster[1]}${letter}`);
  const digits = /^\[(\d)-(\d)\](?:\{\d(?:,\d)?\}|\+)?$/.exec(text);
  if (digits !== null) {
    const [from, to] = [Number(digits[1]), Number(digits[2])];
    return from > to ? null : Array.from({ length: to - from + 1 }, (_, i) => `${from + i}*`);
  }
  if (/^(?:\\S|\\w|\.)[+*]$/.test(text)) return ['*'];
  const literal = text.replace(/\\([./:+=@-])/g, '$1');
  return /^[\w./:+=@%,-]+$/.test(literal) && literal !== '' ? [literal] : null;
}

/** A phrase as patterns; none where it begins with no program. */
function patternsOf(words: readonly string[]): string[] {
  const [name = '', ...rest] = words;
  if (!/^[a-z_][\w.+-]*$/.test(name)) return [];
  if (rest.length === 0) return [name === 'mkfs' ? 'mkfs*' : name];
  // An expression that ends within a word goes on.
  const last = rest.at(-1) ?? '';
  const open = /[=@/:]$/.test(last) ? `${last}*` : last;
  const plain = [name, ...rest.slice(0, -1), open].join(' ');
  // `dd if=x` is meant wherever the word stands.
  return rest.length === 1 && /=$/.test(last) ? [plain, `${name} * ${open}`] : [plain];
}

/** The same end by another way. */
const KIN: Readonly<Record<string, readonly string[]>> = {
  shutdown: ['systemctl poweroff', 'systemctl halt'],
  reboot: ['systemctl reboot', 'init 6'],
  poweroff: ['systemctl poweroff'],
  halt: ['systemctl halt'],
  'init 0': ['systemctl poweroff', 'telinit 0'],
};

function kin(patterns: readonly string[]): string[] {
  const more = patterns.flatMap((pattern) => KIN[pattern] ?? []);
  return [...new Set(more)].filter((pattern) => !patterns.includes(pattern));
}

/** Whether a line that the pattern is about fits the expression, too: else it was misread. */
function speaksOf(pattern: string, source: string): boolean {
  if (readPattern(pattern).problem !== null) return false;
  try {
    const regex = RE2JS.compile(source);
    const bare = ['77', '00', ''].map((fill) => pattern.replaceAll('*', fill));
    const lines = ['', ';', '&&', '||'].flatMap((before) => bare.map((one) => before + one));
    return lines.some((line) => regex.matcher(`${line} x@y`).find());
  } catch {
    return false;
  }
}
