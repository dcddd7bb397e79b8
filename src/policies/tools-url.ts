// `http METHOD URL` patterns: a URL by its parts, so that no wildcard crosses from a host into a
// path or from one domain into another. Pure; nothing is fetched or resolved.
import { globMatches, makeGlob } from './glob.ts';

interface UrlPattern {
  /** Null where the pattern names none: https for allow rules, any for the others. */
  readonly scheme: string | null;
  readonly host: string;
  readonly port: string | null;
  /** From its slash on; null is any. */
  readonly path: string | null;
}

/** `https://docs.rs/**`, `docs.rs`, `*.example.com:8443/v1/*`; null where it is no such thing. */
export function readUrlPattern(text: string): UrlPattern | null {
  const found =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/:@\s]+|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?(\/.*)?$/is.exec(
      text,
    );
  const host = found?.[2];
  if (host === undefined) return null;
  return {
    scheme: found?.[1]?.toLowerCase() ?? null,
    host: host.toLowerCase().replace(/\.$/, ''),
    port: found?.[3] ?? null,
    path: found?.[4] ?? null,
  };
}

/** Whether a pattern speaks of a URL. `exact` (allow rules): what it leaves out is the default. */
export function urlFits(pattern: UrlPattern, url: URL, exact: boolean): boolean {
  const scheme = url.protocol.slice(0, -1);
  const wanted = pattern.scheme ?? (exact ? 'https' : scheme);
  if (wanted !== scheme) return false;
  if (!hostFits(pattern.host, url.hostname.toLowerCase().replace(/\.$/, ''))) return false;
  const port = pattern.port ?? (exact ? '' : '*');
  if (port !== '*' && port !== url.port && port !== defaultPort(url)) return false;
  if (exact && (url.username !== '' || url.password !== '')) return false;
  if (pattern.path === null || pattern.path === '/**') return true;
  // An encoded slash is a slash to some servers and none to others.
  if (exact && /%(?:2f|5c)/i.test(url.pathname)) return false;
  const glob = makeGlob([{ text: pattern.path, quoted: false }]);
  const whole = url.pathname + url.search;
  return globMatches(glob, whole, !exact) || (!exact && globMatches(glob, url.pathname, true));
}

function defaultPort(url: URL): string | null {
  if (url.port !== '') return null;
  return { 'http:': '80', 'https:': '443' }[url.protocol] ?? null;
}

/** `*` is any host, `*.x` any subdomain of x; elsewhere `*` stays between two dots. */
function hostFits(pattern: string, host: string): boolean {
  if (pattern === '*' || pattern === '**') return true;
  if (pattern.startsWith('*.')) {
    const rest = pattern.slice(2).split('.').length;
    const labels = host.split('.');
    return labels.length > rest && hostFits(pattern.slice(2), labels.slice(-rest).join('.'));
  }
  const wanted = pattern.split('.');
  const given = host.split('.');
  return (
    wanted.length === given.length &&
    wanted.every((label, i) =>
      globMatches(makeGlob([{ text: label, quoted: false }]), given[i] ?? '', false),
    )
  );
}
