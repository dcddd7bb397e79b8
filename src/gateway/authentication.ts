// Who calls: a bearer token has a name and a role; the socket alone gives the requester's, never
// the approver's, so that an agent under the same user cannot approve itself.
import { timingSafeEqual } from 'node:crypto';
import { sha256Hex } from '../bus/action.ts';
import type { Identity } from '../bus/messages.ts';

export type TokenRole = 'requester' | 'approver' | 'worker';

/** A token as it is kept: its SHA-256, never itself. */
export interface KnownToken {
  readonly name: string;
  readonly role: TokenRole;
  readonly sha256: string;
}

export interface Principal {
  readonly identity: Identity;
  readonly role: TokenRole;
  /** Came over the socket of the data folder: its owner may read everything in it anyway. */
  readonly local: boolean;
}

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly why: 'missing' | 'malformed' | 'unknown' };

/**
 * Reads the Authorization header. Every known token is compared, each in constant time, so that
 * neither a match nor its place shows in the time taken.
 */
export function authenticate(
  header: string | undefined,
  tokens: readonly KnownToken[],
  socketIdentity: Identity | null,
): Authentication {
  if (header === undefined) {
    if (socketIdentity === null) return { ok: false, why: 'missing' };
    return { ok: true, principal: { identity: socketIdentity, role: 'requester', local: true } };
  }
  const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header);
  if (match?.[1] === undefined) return { ok: false, why: 'malformed' };
  const given = Buffer.from(sha256Hex(match[1]), 'hex');
  let found: KnownToken | null = null;
  for (const token of tokens) {
    if (timingSafeEqual(given, Buffer.from(token.sha256, 'hex'))) found = token;
  }
  if (found === null) return { ok: false, why: 'unknown' };
  return {
    ok: true,
    principal: {
      identity: `token:${found.name}`,
      role: found.role,
      local: socketIdentity !== null,
    },
  };
}
