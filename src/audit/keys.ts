// The keys that sign the record, in `audit-keys.json` of the data folder (0600): made on first
// use, retired keys kept so that what they signed still verifies.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { RandomBytes } from '../bus/clock.ts';
import { writeFileAtomically } from '../bus/files.ts';
import type { KeyRing, SigningKey } from './chain.ts';

const KeyFile = z.strictObject({
  current: z.string(),
  keys: z
    .array(z.strictObject({ id: z.string(), secret: z.string().regex(/^[0-9a-f]{64}$/) }))
    .min(1),
});

/** The key file cannot be used; its message says why and what to do. */
export class AuditKeyError extends Error {
  override readonly name = 'AuditKeyError';
}

/** Reads the ring; null where there is no key file yet. */
export async function readKeyRing(path: string): Promise<KeyRing | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AuditKeyError(`the record's keys cannot be read: ${(error as Error).message}`);
  }
  return ringOf(text, path);
}

/** Reads the ring, making the first key where there is none. */
export async function openKeyRing(path: string, random: RandomBytes): Promise<KeyRing> {
  const existing = await readKeyRing(path);
  if (existing !== null) return existing;
  const key = {
    id: `k-${Buffer.from(random(4)).toString('hex')}`,
    secret: Buffer.from(random(32)).toString('hex'),
  };
  const text = `${JSON.stringify({ current: key.id, keys: [key] }, null, 2)}\n`;
  await writeFileAtomically(path, text, 0o600);
  return ringOf(text, path);
}

function ringOf(text: string, path: string): KeyRing {
  let parsed: z.infer<typeof KeyFile>;
  try {
    parsed = KeyFile.parse(JSON.parse(text));
  } catch {
    throw new AuditKeyError(
      `${path} is damaged. Restore it from a backup: without it the record cannot be verified.`,
    );
  }
  const byId = new Map<string, SigningKey>(
    parsed.keys.map((key) => [key.id, { id: key.id, secret: Buffer.from(key.secret, 'hex') }]),
  );
  const current = byId.get(parsed.current);
  if (current === undefined) {
    throw new AuditKeyError(
      `${path} names the current key ${parsed.current}, but does not hold it`,
    );
  }
  return { current, find: (id) => byId.get(id) };
}
