// What a command does over the network: shells handed to a connection, secrets that leave, hosts
// that are gone to. Knows programs' options as far as that needs.
import { isMetadataHost } from './addresses.ts';
import { isSecretPath } from './sensitive-paths.ts';
import type { Word } from './shell-text.ts';
import { ANSWERED, CONNECTED, FETCHED, NONE, SECRET, type Taint } from './taint.ts';
import { CONNECTORS, FETCHERS, SHELLS, VISITORS } from './threat-programs.ts';
import type { Invocation, Reading } from './threat-reading.ts';
import { inspectAuthority } from './urls.ts';

const SENDERS = new Set([
  ...[
    'curl',
    'wget',
    'wget2',
    'http',
    'https',
    'httpie',
    'xh',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'telnet',
    'openssl',
  ],
  ...[
    'ssh',
    'scp',
    'sftp',
    'rsync',
    'rclone',
    'ftp',
    'tftp',
    'mail',
    'mailx',
    'mutt',
    'sendmail',
    'iwr',
    'irm',
  ],
]);
const LOOKUPS = new Set(['dig', 'nslookup', 'host', 'drill', 'ping', 'ping6']);
const COPIERS = new Set([
  'scp',
  'sftp',
  'rsync',
  'rclone',
  'aws',
  'gsutil',
  'gcloud',
  'az',
  's3cmd',
  'ftp',
  'tftp',
  'mutt',
  'mail',
]);
const SHELL_PROGRAM =
  /(?:^|[\s/:'",=])(?:ba|da|z|k|c|tc|fi|a)?sh(?:$|[\s,'"])|cmd\.exe|powershell/i;
const UPLOAD = /^(?:-T|--upload-file|--post-file|--body-file)(?:=|$)/;
const DATA =
  /^(?:-d|-F|--data(?:-ascii|-binary|-raw|-urlencode)?|--form|--json|--post-data|--body-data)$/;
/** Outside of where one works: a path from the root or from home. */
const FAR_PATH = /^(?:\/(?!dev\/(?:null|stdin)|tmp\/)|~|\$HOME|\$\{HOME\})/;

/** Looks at a program that uses the network; answers what it writes. */
export function checkNetwork(invocation: Invocation, reading: Reading): Taint {
  const { name } = invocation;
  if (!VISITORS.has(name) && !SENDERS.has(name) && !COPIERS.has(name)) return NONE;
  checkHosts(invocation, reading);
  if (SENDERS.has(name) || COPIERS.has(name) || LOOKUPS.has(name)) {
    checkConnector(invocation, reading);
    checkSent(invocation, reading);
  }
  if (CONNECTORS.has(name)) return FETCHED | CONNECTED;
  if (name === 'openssl') {
    return invocation.args[0]?.text === 's_client' ? FETCHED | CONNECTED : NONE;
  }
  return FETCHERS.has(name) ? FETCHED : NONE;
}

function checkConnector({ name, nameWord, args, input }: Invocation, { findings }: Reading): void {
  const length = nameWord.end - nameWord.at;
  const tell = (reason: string) =>
    findings.add('reverse-shell', 'block', nameWord.at, length, reason);
  const isOpen = CONNECTORS.has(name) || (name === 'openssl' && args[0]?.text === 's_client');
  if (isOpen && (input & ANSWERED) !== 0) tell('sends what a shell answers over the network');
  if (name === 'socat') {
    const isNetwork = args.some(({ text }) =>
      /^(?:TCP|UDP|SSL|OPENSSL|SCTP|PROXY|SOCKS)/i.test(text),
    );
    const isRun = args.some(
      ({ text }) => /^(?:EXEC|SYSTEM):/i.test(text) && SHELL_PROGRAM.test(text),
    );
    if (isNetwork && isRun) tell('joins a shell to a network connection');
  } else if (/^(?:nc|ncat|netcat|nc\.\w+)$/.test(name)) {
    const runs = args.some(
      ({ text }, at) =>
        /^(?:-[a-zA-Z]*e|--exec|--sh-exec|--lua-exec)/.test(text) ||
        (/^-[a-zA-Z]*c$/.test(text) && SHELL_PROGRAM.test(args[at + 1]?.text ?? '')),
    );
    if (runs) tell('joins a program to a network connection');
  }
}

function checkSent(invocation: Invocation, reading: Reading): void {
  const { name, nameWord, args, input, redirects } = invocation;
  const secret = args.find((word) => (reading.taintOf(word) & SECRET) !== 0);
  if (LOOKUPS.has(name)) {
    const told = args.find(({ text, inner }) => inner.length > 0 && text.includes('.'));
    if (told !== undefined)
      tellSent(told, 'sends what a command answers as the name of a host', reading);
    return;
  }
  const file = args.find((word, at) => isSentFile(name, word.text, args[at - 1]?.text ?? ''));
  if (file !== undefined) tellSent(file, `sends ${file.text.slice(0, 80)}`, reading);
  else if (secret !== undefined) tellSent(secret, 'sends secrets', reading);
  else if (SENDERS.has(name) && (input & SECRET) !== 0)
    tellSent(nameWord, 'sends secrets', reading);
  for (const { operator, target } of redirects) {
    if (operator === '<' && isSecretPath(target.text))
      tellSent(target, `sends ${target.text.slice(0, 80)}`, reading);
  }
}

function tellSent({ at, end }: Word, reason: string, { findings }: Reading): void {
  findings.add('exfiltration', 'warn', at, end - at, reason);
}

function isSentFile(name: string, text: string, before: string): boolean {
  if (COPIERS.has(name))
    return isSecretPath(text.replace(/^[\w.@-]{1,100}:/, '')) && !before.startsWith('-');
  if (UPLOAD.test(text)) {
    const path = text.includes('=') ? text.slice(text.indexOf('=') + 1) : '';
    return isSecretPath(path) || FAR_PATH.test(path);
  }
  if (UPLOAD.test(before) || (before === '-T' && name === 'curl'))
    return isSecretPath(text) || FAR_PATH.test(text);
  const value = DATA.test(before)
    ? text
    : (/^(?:-[dF]|--(?:data|form)[\w-]{0,12}=)(.+)$/s.exec(text)?.[1] ?? '');
  const path = /^(?:[\w.-]{0,80}=|[\w.-]{0,80}(?=@))?[@<]([^;]+)/.exec(value)?.[1];
  return path !== undefined && (isSecretPath(path) || /^\/etc\//.test(path));
}

// What a metadata service, or a host outside of ASCII, could begin with; all else is not looked at.
const COULD_MATTER = /^(?:[^/@]{0,80}@)?(?:\d|\[|m|i|[0-9a-f]{0,4}:)|[^ -~]|xn--/i;

function checkHosts({ name, args }: Invocation, { findings }: Reading): void {
  const isProse = name === 'git' && /^(?:commit|tag|notes|stash)$/.test(args[0]?.text ?? '');
  if (isProse) return;
  for (const { text, at } of args) {
    if (text.startsWith('-') || !COULD_MATTER.test(text)) continue;
    if (text.length > 300 || text.includes('://') || /[\s=,]/.test(text)) continue;
    const host = hostOf(text);
    if (isMetadataHost(host)) {
      findings.add('metadata-endpoint', 'block', at, text.length, METADATA);
    } else if (isWorthALook(host) && /^[^/]*[.@:]/.test(text)) {
      inspectAuthority(text, 0, at, { findings, worst: 'block', isVisited: true });
    }
  }
}

const METADATA = 'the metadata service of a cloud: it hands out keys';

function hostOf(text: string): string {
  const authority = text.split('/', 1)[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host.startsWith('[')) return host.slice(1).split(']', 1)[0] ?? '';
  return /:.*:/.test(host) ? host : (host.split(':', 1)[0] ?? '');
}

function isWorthALook(host: string): boolean {
  if (/(?:^|\.)xn--/i.test(host)) return true;
  for (let at = 0; at < host.length; at += 1) if (host.charCodeAt(at) > 0x7f) return true;
  return false;
}

/** True for a shell, as `SHELLS` has it, also by a versioned name. */
export function isShell(name: string): boolean {
  if (SHELLS.has(name)) return true;
  return name.includes('sh') && /^(?:bash|zsh|ksh)-?[\d.]+$/.test(name);
}
