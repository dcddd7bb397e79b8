// The rules that single values of the configuration keep to, beyond their type.
import { z } from 'zod';
import { resolveSecret, type SecretSources } from '../secrets/reference.ts';
import { Secret } from '../secrets/secret.ts';

/** A whole number within bounds, both included. */
export function whole(least: number, most: number) {
  return z.int().min(least).max(most);
}

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: unknown): boolean {
  if (typeof host !== 'string') return true; // its type is complained about elsewhere
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return /^127\.(?:\d{1,3}\.){2}\d{1,3}$/.test(bare);
}

/**
 * The URL of a server: a reference to a secret, or the URL itself as long as no password is in it.
 * Gives a Secret either way, because the URL that a reference names does hold one.
 */
export function connectionUrl(schemes: readonly string[], sources: SecretSources) {
  const example = `${schemes[0]}://`;
  return z.unknown().transform((written, context): Secret => {
    const refuse = (message: string): never => {
      context.issues.push({ code: 'custom', message, input: undefined });
      return z.NEVER;
    };
    let secret: Secret;
    if (typeof written === 'string') {
      if (holdsPassword(written)) {
        return refuse(
          'must not hold a password, because configurations are copied, shown and committed: put the whole URL into a variable and write { env: NAME }, or into a file and write { file: PATH }',
        );
      }
      secret = new Secret(written);
    } else {
      const answer = resolveSecret(written, sources);
      if (!answer.ok) return refuse(answer.why);
      secret = answer.secret;
    }
    const begins = schemes.some((scheme) => secret.reveal().startsWith(`${scheme}://`));
    return begins ? secret : refuse(`must be a URL that begins with ${example}`);
  });
}

function holdsPassword(url: string): boolean {
  const authority = /^[^:/?#]+:\/\/([^/?#]*)@/.exec(url)?.[1] ?? '';
  return authority.includes(':') || /[?&](?:ssl)?password=/i.test(url);
}

/** Complains about every item whose `key` has the value of an earlier item. */
export function repeated(
  items: unknown,
  key: string,
  context: { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void },
): void {
  if (!Array.isArray(items)) return;
  const first = new Map<unknown, number>();
  for (const [index, item] of (items as unknown[]).entries()) {
    if (typeof item !== 'object' || item === null) continue;
    const value: unknown = (item as Record<string, unknown>)[key];
    const compared = value instanceof Secret ? value.reveal() : value;
    if (typeof compared !== 'string') continue;
    const earlier = first.get(compared);
    if (earlier === undefined) first.set(compared, index);
    else {
      const message = `is the same as in [${earlier}]: every ${key} must differ`;
      context.addIssue({ code: 'custom', path: [index, key], message });
    }
  }
}
