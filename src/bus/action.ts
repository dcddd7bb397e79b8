// What somebody wants done, frozen at submission. The canonical bytes are what is shown, matched,
// stored, digested and executed (I3); nothing here looks at the world.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

/** Bytes of the canonical JSON of one action; larger submissions are refused with `too_large`. */
export const ACTION_LIMIT_BYTES = 64 * 1024;

const WellFormed = z
  .string()
  .refine((text) => text.isWellFormed(), 'holds a lone surrogate: it is not valid Unicode')
  .refine((text) => !text.includes('\0'), 'holds a NUL character, which no command can carry');

const AbsolutePath = WellFormed.refine((path) => path.startsWith('/'), 'must be an absolute path');

/** The name of an environment variable, as POSIX has it. */
const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a variable name');

export const SandboxProfile = z.enum(['strict', 'moderate']);
export type SandboxProfile = z.infer<typeof SandboxProfile>;

const frame = {
  /** Where it runs, and all it may see of the requester's files: its workspace, absolute. */
  cwd: AbsolutePath,
  /** Variables added to the sandbox's own few; never the requester's whole environment. */
  env: z.record(VariableName, WellFormed),
  /** SHA-256 (hex) of the bytes given on standard input, or null for none. */
  stdinDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  sandbox: SandboxProfile,
};

export const Action = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('shell'), command: WellFormed.min(1), ...frame }),
  z.strictObject({ kind: z.literal('exec'), argv: z.array(WellFormed).min(1), ...frame }),
]);
export type Action = z.infer<typeof Action>;

/** An action whose bytes can no longer change. */
export interface FrozenAction {
  readonly action: Action;
  /** RFC 8785 canonical JSON. */
  readonly canonical: string;
  /** SHA-256 of `canonical`, lower-case hex. */
  readonly digest: string;
}

/** RFC 8785 canonical JSON of a JSON value. Throws where the value is not JSON. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('this value has no JSON form');
  return text;
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

export function freezeAction(action: Action): FrozenAction {
  const canonical = canonicalJson(action);
  return { action: deepFreeze(structuredClone(action)), canonical, digest: sha256Hex(canonical) };
}

/** Reads a stored action back; throws when the bytes are not the ones that were digested. */
export function thawAction(canonical: string, digest: string): FrozenAction {
  if (sha256Hex(canonical) !== digest) {
    throw new Error('the stored action does not match its digest: it was changed after submission');
  }
  return { action: deepFreeze(Action.parse(JSON.parse(canonical))), canonical, digest };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
