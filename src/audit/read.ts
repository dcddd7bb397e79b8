// Reading the record from the store: for `audit verify`, `audit list` and the gateway. It never
// writes, and takes no lock: the record may grow while it is read.
import { and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm';
import type { Database } from '../store/database.ts';
import { auditEntries, auditHead } from '../store/schema.ts';
import { readAnchor, readHead } from './anchor.ts';
import type { AuditEntry, AuditHead } from './chain.ts';
import { AuditKeyError, readKeyRing } from './keys.ts';
import { type Verification, verifyRecord } from './verify.ts';

const PAGE_ENTRIES = 1_000;

export interface AuditQuery {
  readonly limit: number;
  readonly type: string | null;
  readonly approvalId: string | null;
}

/** How the record stands, or why that cannot be said. */
export type RecordCheck =
  | {
      readonly readable: true;
      readonly verification: Verification;
      /** The newest entry named outside of the store; null where there is no anchor. */
      readonly anchorSeq: number | null;
    }
  | { readonly readable: false; readonly problem: string };

/** The record of one data folder, for whoever may read it. */
export interface AuditRecord {
  verify(): Promise<RecordCheck>;
  /** The newest entries that fit, oldest of them first. */
  list(query: AuditQuery): Promise<readonly AuditEntry[]>;
}

/** `keysPath` and `anchorPath` lie in the data folder, outside of the store. */
export function openRecord(options: {
  readonly db: Database;
  readonly keysPath: string;
  readonly anchorPath: string;
}): AuditRecord {
  const { db, keysPath, anchorPath } = options;
  return {
    async verify() {
      // The anchor first: what it names is surely in what is read after it.
      let anchor: AuditHead | null;
      try {
        anchor = await readAnchor(anchorPath);
      } catch (error) {
        return { readable: false, problem: (error as Error).message };
      }
      const head = await readHead(db);
      const keys = await keysOrProblem(keysPath);
      if (typeof keys === 'string') return { readable: false, problem: keys };
      const verification = await verifyRecord(recordUpTo(db, head), head, anchor, keys);
      return { readable: true, verification, anchorSeq: anchor?.seq ?? null };
    },
    async list({ limit, type, approvalId }) {
      const wanted = and(
        type === null ? undefined : eq(auditEntries.type, type),
        approvalId === null ? undefined : eq(auditEntries.approvalId, approvalId),
      );
      const newest = db.select().from(auditEntries).where(wanted);
      return (await newest.orderBy(desc(auditEntries.seq)).limit(limit)).reverse();
    },
  };
}

async function keysOrProblem(path: string) {
  try {
    const keys = await readKeyRing(path);
    return keys ?? `${path} is missing. Restore it from a backup: without it nothing verifies`;
  } catch (error) {
    if (error instanceof AuditKeyError) return error.message;
    throw error;
  }
}

/**
 * Every entry up to the head, then any that no head covers; without a head, all of them. Entries
 * that were rightly appended in the meantime are left to the next verification.
 */
async function* recordUpTo(db: Database, head: AuditHead | null): AsyncGenerator<AuditEntry> {
  let last = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = await db
      .select()
      .from(auditEntries)
      .where(
        and(
          gt(auditEntries.seq, last),
          lte(auditEntries.seq, head?.seq ?? Number.MAX_SAFE_INTEGER),
        ),
      )
      .orderBy(asc(auditEntries.seq))
      .limit(PAGE_ENTRIES);
    yield* page;
    last = page.at(-1)?.seq ?? last;
    if (page.length < PAGE_ENTRIES) break;
  }
  if (head === null) return;
  // One statement sees entries and head of one moment, so a writer in between is no fault.
  const covered = sql`(select max(${auditHead.seq}) from ${auditHead})`;
  yield* await db
    .select()
    .from(auditEntries)
    .where(gt(auditEntries.seq, covered))
    .orderBy(asc(auditEntries.seq))
    .limit(1);
}
