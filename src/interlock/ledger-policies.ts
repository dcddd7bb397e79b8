// The ledger's tables about policies: grants, use counts, the log of changes. Grants are read whole
// once and then only when their revision says that somebody else has changed them.
import { asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Grant } from '../bus/grant.ts';
import type { Database } from '../store/database.ts';
import { grants, policyChanges, ruleUses } from '../store/schema.ts';
import type { GrantsKept, RuleUse, Writes } from './ledger.ts';
import type { ChangeRecord, LoggedChange } from './policy-log.ts';

type Reader = Pick<Database, 'select'>;
type Writer = Pick<Database, 'insert' | 'update'>;

/** The fact `grants`: how often the table has changed, and the number of the newest grant. */
export interface GrantsHead {
  readonly revision: number;
  readonly lastNumber: number;
}

const NO_GRANTS: GrantsHead = { revision: 0, lastNumber: 0 };

/** The table as it was at its last revision that this process has seen committed. */
export class GrantsSeen {
  #revision = 0;
  #kept: readonly Grant[] = [];

  /** The grants at this head, which the transaction has locked. */
  async at(head: GrantsHead | null, tx: Reader): Promise<GrantsKept> {
    const { revision, lastNumber } = head ?? NO_GRANTS;
    if (revision === this.#revision) return { lastNumber, kept: this.#kept };
    const kept = await readGrants(tx);
    return { lastNumber, kept };
  }

  /** Call it once the transaction that read `kept` and wrote `change` is committed. */
  committed(head: GrantsHead | null, { kept }: GrantsKept, change: Writes['grants']): void {
    const { revision } = head ?? NO_GRANTS;
    this.#revision = change === undefined ? revision : revision + 1;
    this.#kept = change === undefined ? kept : changed(kept, change);
  }
}

/** What is kept once this is written. */
function changed(kept: readonly Grant[], { put, drop }: NonNullable<Writes['grants']>) {
  const byId = new Map(kept.map((grant) => [grant.id, grant]));
  for (const grant of put) byId.set(grant.id, grant);
  for (const id of drop) byId.delete(id);
  return [...byId.values()];
}

/** The head after a change. */
export function nextHead(head: GrantsHead | null, lastNumber: number): GrantsHead {
  return { revision: (head ?? NO_GRANTS).revision + 1, lastNumber };
}

export async function readGrants(db: Reader): Promise<readonly Grant[]> {
  const rows = await db
    .select()
    .from(grants)
    // g2 before g10.
    .orderBy(asc(sql`length(${grants.id})`), asc(grants.id));
  return rows.map(({ body }) => body);
}

export async function readRuleUses(db: Reader): Promise<ReadonlyMap<string, RuleUse>> {
  const rows = await db.select().from(ruleUses);
  return new Map(rows.map(({ key, uses, lastAt }) => [key, { uses, lastAt }]));
}

export async function readLastChange(db: Reader): Promise<ChangeRecord | null> {
  const [row] = await db
    .select()
    .from(policyChanges)
    .where(isNull(policyChanges.undoneAt))
    .orderBy(desc(policyChanges.seq))
    .limit(1);
  return row === undefined ? null : toChange(row);
}

export async function readChanges(
  tx: Reader,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, ChangeRecord>> {
  if (seqs.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(policyChanges)
    .where(inArray(policyChanges.seq, [...seqs]));
  return new Map(rows.map((row) => [row.seq, toChange(row)]));
}

export async function writeChanges(
  tx: Writer,
  { policyChanges: made, undone }: Pick<Writes, 'policyChanges' | 'undone'>,
): Promise<void> {
  if (made.length > 0) await tx.insert(policyChanges).values([...made]);
  for (const { seq, atMs } of undone) {
    await tx.update(policyChanges).set({ undoneAt: atMs }).where(eq(policyChanges.seq, seq));
  }
}

function toChange(row: typeof policyChanges.$inferSelect): ChangeRecord {
  return { ...row, change: row.change as LoggedChange };
}
