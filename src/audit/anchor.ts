// The anchor: the record's signed head in a file outside of the store, so that a record cut back
// together with its head still shows. Whoever copies the file elsewhere anchors it further.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../bus/clock.ts';
import { writeFileAtomically } from '../bus/files.ts';
import type { Database } from '../store/database.ts';
import { auditHead } from '../store/schema.ts';
import type { AuditHead } from './chain.ts';

const Anchor = z.strictObject({
  seq: z.number().int().min(0),
  hash: z.string(),
  mac: z.string(),
  keyId: z.string(),
});

/** The head as the store has it; null for a record that was never written. */
export async function readHead(db: Database): Promise<AuditHead | null> {
  const [row] = await db.select().from(auditHead);
  if (row === undefined) return null;
  const { seq, hash, mac, keyId } = row;
  return { seq, hash, mac, keyId };
}

/** Null where there is no anchor; throws where the file is not one. */
export async function readAnchor(path: string): Promise<AuditHead | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return Anchor.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is damaged: it no longer names a place of the record`);
  }
}

/** Writes the head to the anchor's file when it has moved since `last`; returns its place. */
export async function writeAnchor(db: Database, path: string, last: number): Promise<number> {
  const head = await readHead(db);
  if (head === null || head.seq === last) return last;
  await writeFileAtomically(path, `${JSON.stringify(head)}\n`, 0o600);
  return head.seq;
}

/** Keeps the anchor at most `everyMs` behind; the returned function writes it a last time. */
export function keepAnchor(options: {
  readonly db: Database;
  readonly path: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}): () => Promise<void> {
  let last = -1;
  let cancel: () => void = () => undefined;
  const write = async () => {
    try {
      last = await writeAnchor(options.db, options.path, last);
    } catch (error) {
      options.failed(error);
    }
  };
  const arm = () => {
    cancel = options.clock.after(options.everyMs, () => void write().finally(arm));
  };
  const first = write().finally(arm);
  return async () => {
    await first;
    cancel();
    await write();
  };
}
