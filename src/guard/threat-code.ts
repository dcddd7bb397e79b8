// Programs given as text to an interpreter: those that hand a shell to the network, and those that
// run what they decode or fetch. Patterns over text, each linear; the languages are not read.
import type { Word } from './shell-text.ts';
import { INTERPRETERS } from './threat-programs.ts';
import type { Reading } from './threat-reading.ts';

/** What each language joins a shell with. */
const JOINS: readonly (readonly [connects: RegExp, runs: RegExp])[] = [
  [/\bsocket\b/, /\bdup2\b|\bpty\b|\bsubprocess\b|\bos\.system\b|\bpopen\b|\bexecve?\b|\bos\.exec/],
  [/\bSocket\b/, /\bexec\b|\bsystem\b|\bopen\s?\(\s?STD|`|\bfdopen\b/],
  [/\bTCPSocket\b/, /\bexec\b|\bspawn\b|\bpopen\b|`|%x|\bsystem\b|\bfor_fd\b/],
  [
    /\b(?:fsockopen|stream_socket_client|socket_create)\b/,
    /\bexec\b|\bsystem\b|\bpassthru\b|\bproc_open\b|\bpopen\b|\bshell_exec\b|`/,
  ],
  [
    /\brequire\(['"](?:node:)?net['"]\)|\bnet\.(?:connect|Socket|createConnection)\b/,
    /\bchild_process\b|\bspawn\b|\bexec\b/,
  ],
  [/\bsocket\b/, /\bos\.execute\b|\bio\.popen\b|\bexec\s/],
  [/\bSocket\b/, /\bProcessBuilder\b|\bgetRuntime\b/],
  [/TCPClient/i, /\b(?:iex|Invoke-Expression)\b|StreamReader|cmd\.exe/i],
  [/\/inet\/(?:tcp|udp)\//, /\|&|getline/],
];

const EVALUATES =
  /\b(?:exec|eval|system|popen|os\.system|subprocess|Function|marshal|assert|spawn|execSync|loadstring|load|runInThisContext|shell_exec|passthru|getoutput|iex|Invoke-Expression)\b/i;
const DECODES =
  /b64decode|base64_decode|b32decode|a85decode|unhexlify|fromhex|\batob\b|\bFromBase64String\b|decode64|decode_base64|\bunpack\b|\bpack\b\s?\(?\s?['"]H|['"](?:base64|hex|rot13|rot_13)['"]|\bstr_rot13\b|\bgzinflate\b|zlib\.decompress|(?:\\x[0-9a-f]{2}){4}|(?:chr\(\d{1,3}\)\s?[+.,]\s?){3}/i;
const FETCHES =
  /\burlopen\b|\brequests\.get\b|\burllib\b|\bNet::HTTP\b|open-uri|\bLWP\b|\bHTTP::Tiny\b|\bhttps?\.get\b|\bfetch\(|file_get_contents\(['"]https?|DownloadString|Invoke-WebRequest|\b(?:iwr|irm)\b/i;

/** Judges the text of a program. */
export function checkCode(code: string, { at, end }: Word, { findings }: Reading): void {
  const length = end - at;
  if (JOINS.some(([connects, runs]) => connects.test(code) && runs.test(code))) {
    findings.add('reverse-shell', 'block', at, length, 'hands a shell to a network connection');
    return;
  }
  if (!EVALUATES.test(code)) return;
  if (DECODES.test(code)) {
    findings.add(
      'encoded-execution',
      'block',
      at,
      length,
      'runs what it decodes first: nobody can read it here',
    );
  } else if (FETCHES.test(code)) {
    findings.add('pipe-to-shell', 'warn', at, length, 'runs what comes over the network');
  }
}

/** The text that an interpreter is given to run (`-c`, `-e`), or null. */
export function codeOf(name: string, args: readonly Word[]): Word | null {
  const option = textOption(name);
  if (option === undefined) return null;
  const at = args.findIndex(({ text }) => option.test(text));
  const found = args[at];
  if (found === undefined) return null;
  // `-e'code'` and `-ecode` are one word.
  const isOption = /^(?:-[a-zA-Z0-9]+|--\w+|eval)$/.test(found.text);
  return isOption ? (args[at + 1] ?? null) : found;
}

/** True for a program that runs what it is given as text or on standard input. */
export function isInterpreter(name: string): boolean {
  return textOption(name) !== undefined;
}

function textOption(name: string): RegExp | undefined {
  const option = INTERPRETERS.get(name);
  if (option !== undefined) return option;
  const last = name.charCodeAt(name.length - 1);
  // `python3.12`
  return last >= 0x30 && last <= 0x39 ? INTERPRETERS.get(name.replace(/[\d.]+$/, '')) : undefined;
}
