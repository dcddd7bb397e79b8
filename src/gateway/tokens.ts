// The tokens the gateway knows: those of the configuration, and the one approver token that is made
// on the very first start without one. Only hashes are kept.
import { z } from 'zod';
import { sha256Hex } from '../bus/action.ts';
import type { RandomBytes } from '../bus/clock.ts';
import type { KnownToken, TokenRole } from './authentication.ts';

const TOKEN_BYTES = 32;
const KeptRole = z.enum(['requester', 'approver', 'worker']);

interface ConfiguredToken {
  readonly name: string;
  readonly role: TokenRole;
  readonly secret: { reveal(): string };
}

export function configuredTokens(configured: readonly ConfiguredToken[]): KnownToken[] {
  return configured.map(({ name, role, secret }) => ({
    name,
    role,
    sha256: sha256Hex(secret.reveal()),
  }));
}

/** A kept token as the gateway knows it; throws on a role that this version does not have. */
export function knownToken(kept: { name: string; role: string; hash: string }): KnownToken {
  return { name: kept.name, role: KeptRole.parse(kept.role), sha256: kept.hash };
}

/** Makes the first approver token: `text` is shown once, `kept` is all that stays. */
export function makeFirstToken(random: RandomBytes) {
  const text = `cs_${Buffer.from(random(TOKEN_BYTES)).toString('base64url')}`;
  return { text, kept: { name: 'first', role: 'approver', hash: sha256Hex(text) } };
}
