// The ledger on the store: PGlite or PostgreSQL through drizzle. Every transaction locks the
// record's head first, so that chains do not fork and plans of several processes do not interleave.
import { and, desc, eq, inArray, like, or, sql } from 'drizzle-orm';
import {
  type AuditHead,
  appendEntries,
  GENESIS_HASH,
  type SigningKey,
  signHead,
} from '../audit/chain.ts';
import type { Approval } from '../bus/approval.ts';
import type { Database } from '../store/database.ts';
import { withPlainErrors } from '../store/errors.ts';
import { approvals, auditHead, inputs, outbox, outputs, settings } from '../store/schema.ts';
import { fromJson, intactOnly, type JsonRow, toApproval } from './approval-rows.ts';
import {
  idempotencyIndex,
  type Ledger,
  LedgerConflict,
  type ListQuery,
  type LiveApproval,
  type Lockdown,
  type Reads,
  type Snapshot,
  type Writes,
} from './ledger.ts';
import {
  type GrantsHead,
  GrantsSeen,
  nextHead,
  readChanges,
  readGrants,
  readLastChange,
  readRuleUses,
  writeChanges,
} from './ledger-policies.ts';
import { writeBatch } from './ledger-sql.ts';

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

const HEAD_ID = 1;
const UNIQUE_VIOLATION = '23505';

export function createStoreLedger(db: Database, key: SigningKey): Ledger {
  const seen = new GrantsSeen();
  return withPlainErrors<Ledger>({
    async transact(reads, plan) {
      try {
        const { answer, committed } = await db.transaction(async (tx) => {
          const head = await lockHead(tx, key);
          const { snapshot, grantsHead } = await readSnapshot(tx, reads, seen);
          const { writes, answer } = plan(snapshot);
          await write(tx, writes, { head, grantsHead }, key);
          const committed = () => seen.committed(grantsHead, snapshot.grants, writes.grants);
          return { answer, committed };
        });
        committed();
        return answer;
      } catch (error) {
        if (isUniqueViolation(error)) throw new LedgerConflict('somebody else was first');
        throw error;
      }
    },

    async get(id) {
      const [row] = await db.select().from(approvals).where(eq(approvals.id, id));
      return row === undefined ? null : toApproval(row);
    },

    async findByPrefix(prefix, limit) {
      return db
        .select({ id: approvals.id, state: approvals.state })
        .from(approvals)
        .where(like(approvals.id, `${prefix}%`))
        .orderBy(desc(sql`${approvals.state} = 'pending'`), desc(approvals.createdAt))
        .limit(limit);
    },

    async list({ states, requester, limit }: ListQuery) {
      const rows = await db
        .select()
        .from(approvals)
        .where(
          and(
            states === null ? undefined : inArray(approvals.state, [...states]),
            requester === null ? undefined : eq(approvals.requester, requester),
          ),
        )
        .orderBy(desc(approvals.createdAt), desc(approvals.id))
        .limit(limit);
      return rows.flatMap(intactOnly);
    },

    async live() {
      const rows = await db
        .select({
          id: approvals.id,
          state: approvals.state,
          expiresAt: approvals.expiresAt,
          leaseUntil: approvals.leaseUntil,
          worker: approvals.worker,
        })
        .from(approvals)
        // As literals: the partial index serves only a predicate it can recognise.
        .where(sql`${approvals.state} in ('pending', 'approved', 'running')`);
      return rows as LiveApproval[];
    },

    async input(digest) {
      const [row] = await db.select().from(inputs).where(eq(inputs.digest, digest));
      return row?.bytes ?? null;
    },

    async output(id) {
      const [row] = await db.select().from(outputs).where(eq(outputs.approvalId, id));
      return row?.chunks ?? [];
    },

    lockdown: () => readLockdown(db),
    grants: () => readGrants(db),
    ruleUses: () => readRuleUses(db),
    lastChange: () => readLastChange(db),
  });
}

interface Facts extends Record<string, unknown> {
  readonly lockdown: Lockdown | null;
  readonly grants: GrantsHead | null;
  readonly found: JsonRow[];
}

async function lockHead(tx: Transaction, key: SigningKey): Promise<AuditHead | null> {
  const [row] = await tx.select().from(auditHead).where(eq(auditHead.id, HEAD_ID)).for('update');
  if (row !== undefined) return row;
  // The very first transaction: two of them must still meet on one row.
  await tx
    .insert(auditHead)
    .values({ id: HEAD_ID, ...signHead({ seq: 0, hash: GENESIS_HASH }, key) })
    .onConflictDoNothing();
  const [made] = await tx.select().from(auditHead).where(eq(auditHead.id, HEAD_ID)).for('update');
  return made ?? null;
}

async function readSnapshot(tx: Transaction, reads: Reads, seen: GrantsSeen) {
  const byId = reads.ids.length > 0 ? inArray(approvals.id, [...reads.ids]) : undefined;
  const byKeys = reads.keys.map(({ requester, key }) =>
    and(eq(approvals.requester, requester), eq(approvals.idempotencyKey, key)),
  );
  const released = reads.released === true ? sql`${approvals.state} = 'approved'` : undefined;
  const wanted = or(byId, released, ...byKeys) ?? sql`false`;
  // All in one round trip; the head is locked already, so nothing of it can be stale.
  const { rows } = await tx.execute<Facts>(
    sql`select
      (select ${settings.value} from ${settings} where ${settings.key} = 'lockdown') as lockdown,
      (select ${settings.value} from ${settings} where ${settings.key} = 'grants') as grants,
      (select coalesce(json_agg(approvals), '[]') from ${approvals} where ${wanted}) as found`,
  );
  const found = new Map<string, Approval>();
  const byKey = new Map<string, Approval>();
  const damaged = new Map<string, Error>();
  for (const row of (rows[0]?.found ?? []).map(fromJson)) {
    const index = idempotencyIndex(row.requester, row.idempotencyKey ?? '');
    try {
      const approval = toApproval(row);
      found.set(row.id, approval);
      if (row.idempotencyKey !== null) byKey.set(index, approval);
    } catch (error) {
      // Whoever needs it fails; those who share the transaction do not.
      damaged.set(row.id, error as Error);
      if (row.idempotencyKey !== null) damaged.set(index, error as Error);
    }
  }
  const grantsHead = rows[0]?.grants ?? null;
  const snapshot: Snapshot = {
    approvals: found,
    byKey,
    damaged,
    lockdown: rows[0]?.lockdown ?? null,
    grants: await seen.at(grantsHead, tx),
    changes: await readChanges(tx, reads.changes ?? []),
  };
  return { snapshot, grantsHead };
}

async function readLockdown(db: Database | Transaction): Promise<Lockdown | null> {
  const [row] = await db.select().from(settings).where(eq(settings.key, 'lockdown'));
  return row === undefined ? null : (row.value as Lockdown);
}

async function write(
  tx: Transaction,
  writes: Writes,
  { head, grantsHead }: { head: AuditHead | null; grantsHead: GrantsHead | null },
  key: SigningKey,
): Promise<void> {
  if (writes.inputs.length > 0) {
    await tx
      .insert(inputs)
      .values([...writes.inputs])
      .onConflictDoNothing();
  }
  if (writes.outputs.length > 0) {
    await tx
      .insert(outputs)
      .values([...writes.outputs])
      .onConflictDoNothing();
  }
  const chained = writes.audit.length > 0 ? appendEntries(head, writes.audit, key) : null;
  const { inserted, updated, ruleUses } = writes;
  if (inserted.length + updated.length > 0 || chained !== null) {
    const entries = chained?.entries ?? [];
    const grants = writes.grants && {
      ...writes.grants,
      head: nextHead(grantsHead, writes.grants.lastNumber),
    };
    const batch = { inserted, updated, entries, head: chained?.head ?? null, ruleUses, grants };
    const statement = writeBatch(batch);
    const { rows } = await tx.execute<{ changed: number }>(statement);
    if (rows[0]?.changed !== updated.length) {
      throw new LedgerConflict('an approval changed after it was read');
    }
  }
  if (writes.outbox.length > 0) await fillOutbox(tx, writes.outbox);
  await writeChanges(tx, writes);
  if (writes.lockdown !== undefined) await writeLockdown(tx, writes.lockdown);
}

async function fillOutbox(tx: Transaction, wishes: Writes['outbox']): Promise<void> {
  await tx
    .insert(outbox)
    .values(
      wishes.map(({ key, platform, chat, item, atMs }) => ({
        key,
        platform,
        chat,
        item,
        revision: 1,
        attempts: 0,
        nextAt: atMs,
        createdAt: atMs,
        lastError: null,
      })),
    )
    .onConflictDoUpdate({
      target: outbox.key,
      set: {
        item: sql`excluded.item`,
        revision: sql`${outbox.revision} + 1`,
        nextAt: sql`least(${outbox.nextAt}, excluded.next_at)`,
      },
    });
}

async function writeLockdown(tx: Transaction, lockdown: Lockdown | null): Promise<void> {
  if (lockdown === null) {
    await tx.delete(settings).where(eq(settings.key, 'lockdown'));
    return;
  }
  await tx
    .insert(settings)
    .values({ key: 'lockdown', value: lockdown })
    .onConflictDoUpdate({ target: settings.key, set: { value: lockdown } });
}

function isUniqueViolation(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === UNIQUE_VIOLATION) return true;
  }
  return false;
}
