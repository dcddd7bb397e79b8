// Internet addresses in every spelling that resolvers accept, and which of them are a cloud's
// metadata service. Text only: nothing is looked up.

export interface Address {
  /** Its one proper spelling. */
  readonly canonical: string;
  readonly isObscured: boolean;
}

const PART = /^(?:0x[0-9a-f]{0,12}|\d{1,15})$/i;

/** An IPv4 address as `inet_aton` reads it: decimal, octal or hexadecimal, one to four parts. */
export function readIpv4(host: string): Address | null {
  const first = host.charCodeAt(0);
  if (host.length > 60 || !(first >= 0x30 && first <= 0x39)) return null;
  const text = host.endsWith('.') ? host.slice(0, -1) : host;
  const parts = text.split('.');
  if (parts.length > 4 || parts.some((part) => !PART.test(part))) return null;
  const numbers = parts.map(partValue);
  if (numbers.some((number) => Number.isNaN(number))) return null;
  const last = numbers.pop() ?? 0;
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  const canonical = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  return { canonical, isObscured: canonical !== text };
}

function partValue(part: string): number {
  if (/^0x/i.test(part)) return part.length === 2 ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]+$/.test(part)) return Number.parseInt(part, 8);
  return /^0\d/.test(part) ? Number.NaN : Number.parseInt(part, 10);
}

/** An IPv6 address without its brackets, as eight groups; null where it is none. */
export function readIpv6(host: string): readonly number[] | null {
  const text = (host.split('%', 1)[0] ?? '').toLowerCase();
  if (text.length > 60 || !text.includes(':') || /[^0-9a-f:.]/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [left, right] = halves.map(groupsOf);
  if (left === undefined || left === null || right === null) return null;
  if (right === undefined) return left.length === 8 ? left : null;
  const missing = 8 - left.length - right.length;
  return missing < 1 ? null : [...left, ...new Array<number>(missing).fill(0), ...right];
}

function groupsOf(half: string): number[] | null {
  if (half === '') return [];
  const groups: number[] = [];
  for (const part of half.split(':')) {
    const dotted = part.includes('.') ? readIpv4(part) : null;
    if (dotted !== null) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted.canonical.split('.').map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

// Amazon, Google, Azure, Oracle, DigitalOcean and OpenStack; ECS tasks, EKS pods; Alibaba; Oracle's
// old one; Azure's wire server.
const METADATA_IPV4 = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
]);
const METADATA_IPV6 = new Set(
  ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42'].map(keyOf),
);
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.internal',
  'metadata.azure.com',
  'metadata.azure.internal',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);
// Names that resolve to the address they hold: 169.254.169.254.nip.io, a9fea9fe.nip.io.
const WILDCARD = /(?:^|[.-])((?:\d{1,3}[.-]){3}\d{1,3}|[0-9a-f]{8})\.(?:nip|sslip|xip)\.io$/;

function keyOf(address: string): string {
  return (readIpv6(address) ?? []).join(':');
}

function embeddedIpv4(groups: readonly number[]): string | null {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  const isZero = [a, b, c, d].every((group) => group === 0);
  const isMapped = isZero && ((e === 0 && (f === 0xffff || f === 0)) || (e === 0xffff && f === 0));
  const isTranslated = a === 0x64 && b === 0xff9b;
  if (a === 0x2002) return dotted(b ?? 0, c ?? 0);
  return isMapped || isTranslated ? dotted(high, low) : null;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** True where a host, without brackets and port, is a cloud's metadata service in any spelling. */
export function isMetadataHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (METADATA_NAMES.has(name)) return true;
  const v4 = readIpv4(name);
  if (v4 !== null) return METADATA_IPV4.has(v4.canonical);
  const groups = readIpv6(name);
  if (groups !== null) {
    return METADATA_IPV6.has(groups.join(':')) || METADATA_IPV4.has(embeddedIpv4(groups) ?? '');
  }
  const inside = name.endsWith('.io') ? WILDCARD.exec(name)?.[1] : undefined;
  if (inside === undefined) return false;
  const written = inside.replaceAll('-', '.');
  return METADATA_IPV4.has(
    readIpv4(/^[0-9a-f]{8}$/.test(inside) ? `0x${inside}` : written)?.canonical ?? '',
  );
}
