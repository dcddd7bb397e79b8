// The ledger's statements that carry many rows at once: one round trip however large the batch.
// Rows travel as JSON and are spread by PostgreSQL itself, so nothing is ever spliced into SQL.
import { type SQL, sql } from 'drizzle-orm';
import type { AuditEntry, AuditHead } from '../audit/chain.ts';
import type { Approval } from '../bus/approval.ts';
import { approvals, auditEntries, auditHead, grants, ruleUses, settings } from '../store/schema.ts';
import type { Writes } from './ledger.ts';
import type { GrantsHead } from './ledger-policies.ts';

/**
 * Everything that a transition writes always: rows in, rows compared and set, the record, its head.
 */
export interface BatchRows {
  readonly inserted: readonly Approval[];
  readonly updated: Writes['updated'];
  readonly entries: readonly AuditEntry[];
  /** Null when nothing goes on the record. */
  readonly head: AuditHead | null;
  readonly ruleUses: Writes['ruleUses'];
  /** With the head that they leave; undefined when they stay as they are. */
  readonly grants: (NonNullable<Writes['grants']> & { readonly head: GrantsHead }) | undefined;
}

/** What a transition may change. What was frozen at submission is never written again. */
const CHANGING = [
  ['state', 'text'],
  ['version', 'integer'],
  ['expires_at', 'bigint'],
  ['votes', 'jsonb'],
  ['decision', 'jsonb'],
  ['worker', 'text'],
  ['started_at', 'bigint'],
  ['lease_until', 'bigint'],
  ['finished_at', 'bigint'],
  ['outcome', 'jsonb'],
] as const;

const FROZEN = [
  ['id', 'text'],
  ['action', 'text'],
  ['digest', 'text'],
  ['requester', 'text'],
  ['request_reason', 'text'],
  ['origin', 'jsonb'],
  ['idempotency_key', 'text'],
  ['judgement', 'jsonb'],
  ['created_at', 'bigint'],
  ['votes_needed', 'integer'],
] as const;

const INSERTED = [...FROZEN, ...CHANGING];
const ENTRY = [
  ['seq', 'bigint'],
  ['approval_id', 'text'],
  ['type', 'text'],
  ['body', 'text'],
  ['hash', 'text'],
  ['mac', 'text'],
  ['key_id', 'text'],
] as const;

const USE = [
  ['key', 'text'],
  ['uses', 'bigint'],
  ['last_at', 'bigint'],
] as const;

const GRANT = [
  ['id', 'text'],
  ['body', 'jsonb'],
] as const;

type Columns = readonly (readonly [name: string, type: string])[];

/** One statement for the whole batch; its row `{changed}` counts the compare-and-sets that held. */
export function writeBatch(rows: BatchRows): SQL {
  const parts: SQL[] = [];
  if (rows.inserted.length > 0) {
    parts.push(
      sql`ins as (insert into ${approvals} (${names(INSERTED)})
        select ${names(INSERTED)} from ${recordset(rows.inserted.map(insertRow), INSERTED)})`,
    );
  }
  if (rows.updated.length > 0) {
    const changes = rows.updated.map(({ expectedVersion, after }) => ({
      ...changingRow(after),
      id: after.id,
      expected: expectedVersion,
    }));
    const columns: Columns = [['id', 'text'], ['expected', 'integer'], ...CHANGING];
    const set = sql.raw(CHANGING.map(([name]) => `${name} = r.${name}`).join(', '));
    parts.push(
      sql`upd as (update ${approvals} a set ${set} from ${recordset(changes, columns)}
        where a.id = r.id and a.version = r.expected returning a.id)`,
    );
  }
  if (rows.head !== null) {
    const { seq, hash, mac, keyId } = rows.head;
    parts.push(
      sql`aud as (insert into ${auditEntries} (${names(ENTRY)})
        select ${names(ENTRY)} from ${recordset(rows.entries.map(entryRow), ENTRY)})`,
      sql`head as (update ${auditHead} set seq = ${seq}, hash = ${hash}, mac = ${mac}, key_id = ${keyId}
        where id = 1)`,
    );
  }
  if (rows.ruleUses.size > 0) parts.push(countUses(rows.ruleUses));
  if (rows.grants !== undefined) parts.push(...changeGrants(rows.grants));
  const counted = rows.updated.length > 0 ? sql`(select count(*)::int from upd)` : sql`0`;
  return sql`with ${sql.join(parts, sql`, `)} select ${counted} as changed`;
}

function countUses(uses: BatchRows['ruleUses']): SQL {
  const rows = [...uses].map(([key, { uses, lastAt }]) => ({ key, uses, last_at: lastAt }));
  return sql`uses as (insert into ${ruleUses} as u (${names(USE)})
    select ${names(USE)} from ${recordset(rows, USE)}
    on conflict (key) do update set uses = u.uses + excluded.uses,
      last_at = greatest(u.last_at, excluded.last_at))`;
}

function changeGrants({ put, drop, head }: NonNullable<BatchRows['grants']>): SQL[] {
  const parts = [
    sql`grants_head as (insert into ${settings} (key, value)
      values ('grants', ${JSON.stringify(head)}::jsonb)
      on conflict (key) do update set value = excluded.value)`,
  ];
  if (put.length > 0) {
    const rows = put.map((grant) => ({ id: grant.id, body: grant }));
    parts.push(
      sql`grants_put as (insert into ${grants} (${names(GRANT)})
        select ${names(GRANT)} from ${recordset(rows, GRANT)}
        on conflict (id) do update set body = excluded.body)`,
    );
  }
  if (drop.length > 0) {
    const ids = JSON.stringify(drop);
    parts.push(
      sql`grants_drop as (delete from ${grants}
        where id in (select json_array_elements_text(${ids}::json)))`,
    );
  }
  return parts;
}

function names(columns: Columns): SQL {
  return sql.raw(columns.map(([name]) => name).join(', '));
}

function recordset(rows: readonly object[], columns: Columns): SQL {
  const shape = sql.raw(columns.map(([name, type]) => `${name} ${type}`).join(', '));
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(${shape})`;
}

function changingRow(approval: Approval) {
  return {
    state: approval.state,
    version: approval.version,
    expires_at: approval.expiresAt,
    votes: approval.votes,
    decision: approval.decision,
    worker: approval.worker,
    started_at: approval.startedAt,
    lease_until: approval.leaseUntil,
    finished_at: approval.finishedAt,
    outcome: approval.outcome,
  } satisfies Record<(typeof CHANGING)[number][0], unknown>;
}

function insertRow(approval: Approval) {
  return {
    ...changingRow(approval),
    id: approval.id,
    action: approval.frozen.canonical,
    digest: approval.frozen.digest,
    requester: approval.requester,
    request_reason: approval.requestReason,
    origin: approval.origin,
    idempotency_key: approval.idempotencyKey,
    judgement: approval.judgement,
    created_at: approval.createdAt,
    votes_needed: approval.votesNeeded,
  } satisfies Record<(typeof INSERTED)[number][0], unknown>;
}

function entryRow(entry: AuditEntry) {
  return {
    seq: entry.seq,
    approval_id: entry.approvalId,
    type: entry.type,
    body: entry.body,
    hash: entry.hash,
    mac: entry.mac,
    key_id: entry.keyId,
  } satisfies Record<(typeof ENTRY)[number][0], unknown>;
}
