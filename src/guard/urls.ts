// Where a URL really leads: host by host and label by label. Linear, no exceptions, nothing is
// looked up and nothing rewritten.
import { isMetadataHost, readIpv4 } from './addresses.ts';
import { kindOf } from './character-kinds.ts';
import { codePointName } from './code-points.ts';
import type { Findings, Severity } from './finding.ts';
import { inspectLabel } from './labels.ts';
import { hostTwin } from './protected-hosts.ts';

export interface UrlContext {
  readonly findings: Findings;
  /** Severity of what deceives, and of an address that gives keys away. */
  readonly worst: Severity;
  /** True where the text is given to a program that goes there, not only mentioned. */
  readonly isVisited: boolean;
}

const LONGEST_SCHEME = 20;
// Ends of an authority; what looks like one of them is not here.
const END = /[/?#\s"'`<>|)(\]},;]/;
const DOT_LIKE = new Set([0x3002, 0xff0e, 0xff61, 0x2024, 0xfe52]);
const DELIMITER_LIKE = new Set([
  0x2044, 0x2215, 0x29f8, 0xff0f, 0xff1a, 0xff20, 0xff1f, 0xff03, 0xfe55, 0xfe56, 0xfe5f, 0xfe6b,
  0x2236, 0xa789,
]);
const HOST_LIKE_USER =
  /(?:^|[.\w-])[\w-]+\.(?:com|net|org|io|dev|gov|edu|app|co|me|info|biz|cloud|ai|xyz|ru|cn|uk|de|fr|jp|example|test)(?:[:/\\%]|$)/i;
const ENCODED = /%(?:2[de]|2f|3[0-9a]|40|[46][1-9a-f]|[57][0-9a])/i;
// What a program fills in later.
const TEMPLATE = /[${}*<>%]/;
const FILE_LIKE_END = new Set(['zip', 'mov']);

/** Looks at every URL with a scheme in a text; `at` is where the text stands in the whole one. */
export function inspectUrls(text: string, at: number, context: UrlContext): void {
  let from = 0;
  for (;;) {
    const colon = text.indexOf('://', from);
    if (colon === -1) return;
    const start = schemeStart(text, colon);
    from = colon + 3;
    if (start === colon) continue;
    const scheme = text.slice(start, colon).toLowerCase();
    if (scheme !== 'file') inspectAuthority(text, from, at, context);
  }
}

function schemeStart(text: string, colon: number): number {
  let start = colon;
  while (
    start > 0 &&
    colon - start < LONGEST_SCHEME &&
    /[A-Za-z0-9+.-]/.test(text.charAt(start - 1))
  ) {
    start -= 1;
  }
  return start;
}

/** Looks at a host, a `user@host`, a `host:port` or a `host/path` without a scheme. */
export function inspectAuthority(
  text: string,
  from: number,
  at: number,
  context: UrlContext,
): void {
  const end = authorityEnd(text, from, at, context);
  const authority = text.slice(from, end);
  const afterUser = authority.lastIndexOf('@') + 1;
  if (afterUser > 0) inspectUser(authority.slice(0, afterUser - 1), at + from, context);
  const backslash = authority.indexOf('\\');
  if (backslash !== -1) {
    context.findings.add(
      'url',
      context.worst,
      at + from,
      authority.length,
      'a backslash in the host: programs disagree where this leads',
    );
  }
  inspectHost(hostOf(authority.slice(afterUser)), at + from + afterUser, context);
}

function hostOf(text: string): string {
  if (text.startsWith('[')) return text.slice(1).split(']', 1)[0] ?? '';
  return text.split(/[:\\]/, 1)[0] ?? '';
}

function authorityEnd(text: string, from: number, at: number, context: UrlContext): number {
  let end = from;
  while (end < text.length) {
    const char = text.charAt(end);
    const code = text.codePointAt(end) ?? 0;
    if (code < 0x80) {
      if (END.test(char) && !(char === ']' && text.charAt(from) === '[')) return end;
    } else if (DOT_LIKE.has(code) || DELIMITER_LIKE.has(code)) {
      // In prose a sentence ends here; before ASCII, or for a program, it is a part of the host.
      if (!context.isVisited && !/[A-Za-z0-9]/.test(text.charAt(end + 1))) return end;
      const name = codePointName(code);
      const what = DOT_LIKE.has(code) ? 'the dots between labels' : 'a delimiter of URLs';
      context.findings.add('host', context.worst, at + end, 1, `${name} looks like ${what}`, name);
    } else if (isPunctuation(code)) return end;
    end += code > 0xffff ? 2 : 1;
  }
  return end;
}

function isPunctuation(code: number): boolean {
  const kind = kindOf(code);
  if (kind !== 'plain' && kind !== 'space') return false;
  return !/^[A-Za-z0-9.]+$/.test(String.fromCodePoint(code).normalize('NFKC'));
}

function inspectUser(user: string, at: number, { findings, worst }: UrlContext): void {
  if (HOST_LIKE_USER.test(user) && !/%40/.test(user)) {
    findings.add(
      'url',
      worst,
      at,
      user.length,
      'a user name that looks like the host: the real one is after the @',
    );
  }
}

/** Looks at one host name or address. */
export function inspectHost(host: string, at: number, context: UrlContext): void {
  const { findings, worst } = context;
  if (host === '') return;
  if (ENCODED.test(host)) {
    findings.add('host', worst, at, host.length, 'percent-encoding inside of the host');
  }
  const plain = host.normalize('NFKC').replaceAll('\u3002', '.');
  if (isMetadataHost(decoded(plain))) {
    findings.add(
      'metadata-endpoint',
      worst,
      at,
      host.length,
      'the metadata service of a cloud: it hands out keys',
    );
    return;
  }
  const address = readIpv4(host);
  if (address !== null) {
    if (address.isObscured && context.isVisited) {
      findings.add('host', 'warn', at, host.length, `an obscure spelling of ${address.canonical}`);
    }
    return;
  }
  const labels = host.split('.');
  const end =
    (labels[labels.length - 1] === '' ? labels[labels.length - 2] : labels[labels.length - 1]) ??
    '';
  let offset = at;
  for (const label of labels) {
    inspectLabel(label, end, offset, findings, worst);
    offset += label.length + 1;
  }
  if (!TEMPLATE.test(host) && context.worst === 'block') asciiHost(host, end, at, findings);
}

function decoded(host: string): string {
  return host.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const ASCII_HOST = /^[\w.-]+$/;

function asciiHost(host: string, end: string, at: number, findings: Findings): void {
  if (!ASCII_HOST.test(host)) return;
  const twin = hostTwin(host.replace(/\.$/, ''));
  if (twin !== null) {
    findings.add(
      'typosquat',
      'warn',
      at,
      host.length,
      `is not ${twin}, and could be mistaken for it`,
    );
  } else if (FILE_LIKE_END.has(end.toLowerCase())) {
    findings.add('typosquat', 'warn', at, host.length, `a host that reads as a .${end} file`);
  }
}
