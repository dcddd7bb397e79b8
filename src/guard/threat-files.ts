// What a command does to files: secrets that it reads, places that run later by themselves, and
// things that cannot be had back. Networks are elsewhere.
import { isDisk, isKeyPath, isRunLater, isSecretPath, isWholeSystem } from './sensitive-paths.ts';
import type { Redirect, Word } from './shell-text.ts';
import { CONNECTED, DECODED, NONE, SECRET, type Taint } from './taint.ts';
import type { Invocation, Reading } from './threat-reading.ts';

const WRITES = new Set(['>', '>>', '>|', '&>', '&>>', '<>', '>&']);
const SOCKET = /^\/dev\/(?:tcp|udp)\//;
/** Show or pass on what is in a file. */
const READERS = new Set(
  `cat tac head tail less more bat nl strings base64 base32 xxd od hexdump tar zip gzip gpg openssl dd cp
  grep egrep fgrep rg awk gawk sed cut sort uniq jq yq rev tr find paste tee`.split(/\s+/),
);
/** Of the readers, those that show it to whoever asked. */
const SHOWERS = new Set([
  'cat',
  'tac',
  'head',
  'tail',
  'less',
  'more',
  'bat',
  'nl',
  'strings',
  'base64',
  'xxd',
  'od',
  'hexdump',
]);
const SECRET_NAMES =
  /id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:pem|key|p12|pfx|kdbx|env|ppk)\b|passw|credential|secret|wallet|\.ssh|\.aws|\.netrc|token/i;
const SECRET_WORDS =
  /passw(?:or)?d|passwd|secret|api[_-]?key|private[ _]key|token|credential|AKIA/i;

/** Looks at redirections; answers what flows in through them. */
export function checkRedirects(redirects: readonly Redirect[], reading: Reading): Taint {
  let input = NONE;
  for (const { operator, target } of redirects) {
    const { text } = target;
    input |= reading.taintOf(target);
    if (operator === '<<<' && target.isSpelled) input |= DECODED;
    if (SOCKET.test(text)) input |= checkSocket(operator, target, reading);
    if (operator === '<' && isSecretPath(text)) input |= SECRET;
    if (WRITES.has(operator)) {
      checkWritten(target, reading);
      if (isDisk(text)) tellLost(target, `overwrites ${text.slice(0, 80)}`, reading);
    }
  }
  return input;
}

// `exec 5<>/dev/tcp/...` and `sh -i >& /dev/tcp/...` hand the shell over; one direction alone is a
// port that is tried, or data that is sent.
function checkSocket(operator: string, target: Word, { findings }: Reading): Taint {
  const length = target.end - target.at;
  if (operator === '<>' || operator === '>&' || operator === '&>') {
    findings.add(
      'reverse-shell',
      'block',
      target.at,
      length,
      'a shell joined to a network connection',
    );
    return NONE;
  }
  findings.add(
    'exfiltration',
    'warn',
    target.at,
    length,
    'a network connection made by the shell itself',
  );
  return operator === '<' ? CONNECTED : NONE;
}

/** Says so where a file that is written runs later by itself. */
export function checkWritten({ text, at, end }: Word, { findings }: Reading): void {
  if (isRunLater(text)) {
    findings.add(
      'persistence',
      'warn',
      at,
      end - at,
      `writes ${text.slice(0, 80)}, which runs or counts later by itself`,
    );
  }
}

function tellLost({ at, end }: Word, reason: string, { findings }: Reading): void {
  findings.add('destruction', 'warn', at, end - at, reason);
}

/** What a program that reads files has of secrets; says where a look alone is too much. */
export function checkRead({ name, args, redirects }: Invocation, reading: Reading): Taint {
  if (!READERS.has(name)) return NONE;
  let taint = NONE;
  const files = [
    ...args,
    ...redirects.filter(({ operator }) => operator === '<').map(({ target }) => target),
  ];
  for (const word of files) {
    const path = resolved(word.text, reading);
    if (!isSecretPath(path)) continue;
    taint |= SECRET;
    if (SHOWERS.has(name) && isKeyPath(path)) {
      reading.findings.add(
        'credentials',
        'warn',
        word.at,
        word.end - word.at,
        `shows ${path.slice(0, 80)}`,
      );
    }
  }
  if (name === 'find' || /grep$|^rg$/.test(name)) taint |= checkSweep(name, args, reading);
  return taint;
}

/** What a variable that stands alone holds; the text itself for everything else. */
function resolved(text: string, { variables }: Reading): string {
  if (variables.size === 0 || !text.startsWith('$')) return text;
  return variables.get(text.replace(/^\$\{?(\w+)\}?$/, '$1'))?.text ?? text;
}

// `find / -name id_rsa`, `grep -ri password /etc`
function checkSweep(name: string, args: readonly Word[], { findings }: Reading): Taint {
  const [first] = args;
  const isWide = args.some(({ text }) =>
    isWholeSystem(text.length > 1 ? text.replace(/\/$/, '') : text),
  );
  if (first === undefined || !isWide) return NONE;
  const isRecursive =
    name === 'rg' || args.some(({ text }) => /^(?:-[a-zA-Z]*[rR]|--recursive)/.test(text));
  const isSought =
    name === 'find'
      ? args.some(
          ({ text }, at) =>
            /^-i?(?:name|path|regex)$/.test(args[at - 1]?.text ?? '') && SECRET_NAMES.test(text),
        )
      : isRecursive && args.some(({ text }) => !text.startsWith('-') && SECRET_WORDS.test(text));
  if (!isSought) return NONE;
  findings.add(
    'credentials',
    'warn',
    first.at,
    first.end - first.at,
    'looks for secrets everywhere',
  );
  return SECRET;
}

const CHANGERS = new Set([
  ...[
    'tee',
    'cp',
    'mv',
    'install',
    'ln',
    'rsync',
    'sed',
    'perl',
    'crontab',
    'rm',
    'chmod',
    'chown',
  ],
  ...['chgrp', 'dd', 'wipefs', 'shred', 'mkswap', 'blkdiscard', 'find'],
]);

/** Looks at programs that write, remove or overwrite. */
export function checkChanged(invocation: Invocation, reading: Reading): void {
  const { name, args } = invocation;
  if (!CHANGERS.has(name) && !name.startsWith('mkfs')) return;
  const operands = args.filter(({ text }) => !text.startsWith('-'));
  const last = operands[operands.length - 1];
  switch (name) {
    case 'tee':
      for (const word of operands) checkWritten(word, reading);
      return;
    case 'cp':
    case 'mv':
    case 'install':
    case 'ln':
    case 'rsync':
      if (last !== undefined && operands.length > 1) checkWritten(last, reading);
      return;
    case 'sed':
    case 'perl':
      if (args.some(({ text }) => /^-[a-zA-Z]*i/.test(text))) {
        for (const word of operands) checkWritten(word, reading);
      }
      return;
    case 'crontab':
      if (operands.length > 0 || args.some(({ text }) => text === '-'))
        tellCron(invocation, reading);
      return;
    case 'rm':
    case 'chmod':
    case 'chown':
    case 'chgrp':
      checkRecursive(name, args, reading);
      return;
    case 'dd':
      for (const word of args) {
        if (!word.text.startsWith('of=')) continue;
        const path = word.text.slice('of='.length);
        if (isDisk(path)) tellLost(word, `overwrites ${path.slice(0, 80)}`, reading);
        checkWritten({ ...word, text: path }, reading);
      }
      return;
    case 'wipefs':
    case 'shred':
    case 'mkswap':
    case 'blkdiscard':
      for (const word of operands) if (isDisk(word.text)) tellLost(word, 'erases a disk', reading);
      return;
    case 'find':
      if (
        args[0] !== undefined &&
        isWholeSystem(args[0].text) &&
        args.some(({ text }) => text === '-delete')
      ) {
        tellLost(args[0], 'deletes everywhere', reading);
      }
      return;
    default:
      if (name.startsWith('mkfs') && last !== undefined && isDisk(last.text)) {
        tellLost(last, 'makes an empty file system', reading);
      }
  }
}

function tellCron({ nameWord }: Invocation, { findings }: Reading): void {
  findings.add(
    'persistence',
    'warn',
    nameWord.at,
    nameWord.end - nameWord.at,
    'replaces what runs by the clock',
  );
}

// Whole, these are given to people and services every day.
const OWN = /^(?:~|\$|\/(?:home|opt|srv|root|Users))/;

function checkRecursive(name: string, args: readonly Word[], reading: Reading): void {
  const isRecursive = args.some(({ text }) =>
    /^(?:-[a-zA-Z]*[rR]|--recursive|--no-preserve-root)/.test(text),
  );
  if (!isRecursive) return;
  for (const word of args) {
    if (word.text.startsWith('-') || !isWholeSystem(word.text)) continue;
    if (name !== 'rm' && OWN.test(word.text)) continue;
    tellLost(word, `${name} on ${word.text.slice(0, 80)} and everything below`, reading);
  }
}
