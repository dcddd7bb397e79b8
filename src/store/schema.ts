// The one schema, on the PostgreSQL dialect, for PGlite and PostgreSQL alike. Times are
// milliseconds since the epoch: the interlock reasons in them, and no driver reinterprets them.
import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type {
  ApprovalState,
  Decision,
  Origin,
  Outcome,
  OutputChunk,
  Vote,
} from '../bus/approval.ts';
import type { Grant } from '../bus/grant.ts';
import type { InboundMessage, Judgement } from '../bus/messages.ts';
import type { OutboxItem } from '../bus/outbox.ts';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
});

const timeMs = (name: string) => bigint(name, { mode: 'number' });

export const countersign = pgSchema('countersign');

/** One case: the action as frozen, who asked, the state and everything decided about it. */
export const approvals = countersign.table(
  'approvals',
  {
    id: text('id').primaryKey(),
    /** RFC 8785 canonical JSON of the action: never changed after the insert. */
    action: text('action').notNull(),
    digest: text('digest').notNull(),
    requester: text('requester').notNull(),
    /** Why the requester says it is needed. */
    requestReason: text('request_reason'),
    /** Where the answer goes when it was asked from a chat, and the message that asked. */
    origin: jsonb('origin').$type<Origin>(),
    /** Chosen by the requester; the same key again is the same approval. */
    idempotencyKey: text('idempotency_key'),
    judgement: jsonb('judgement').$type<Judgement>().notNull(),
    state: text('state').$type<ApprovalState>().notNull(),
    /** Counts transitions; every write compares and sets it. */
    version: integer('version').notNull(),
    createdAt: timeMs('created_at').notNull(),
    expiresAt: timeMs('expires_at').notNull(),
    votesNeeded: integer('votes_needed').notNull(),
    votes: jsonb('votes').$type<readonly Vote[]>().notNull(),
    decision: jsonb('decision').$type<Decision>(),
    worker: text('worker'),
    startedAt: timeMs('started_at'),
    leaseUntil: timeMs('lease_until'),
    finishedAt: timeMs('finished_at'),
    outcome: jsonb('outcome').$type<Outcome>(),
  },
  (table) => [
    uniqueIndex('approvals_idempotency')
      .on(table.requester, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
    index('approvals_live')
      .on(table.state)
      .where(sql`${table.state} in ('pending', 'approved', 'running')`),
    index('approvals_created').on(table.createdAt),
  ],
);

/** Bytes given on standard input, by digest. */
export const inputs = countersign.table('inputs', {
  digest: text('digest').primaryKey(),
  bytes: bytea('bytes').notNull(),
});

/** The kept output of a finished run: what came first and what came last. */
export const outputs = countersign.table('outputs', {
  approvalId: text('approval_id').primaryKey(),
  chunks: jsonb('chunks').$type<readonly OutputChunk[]>().notNull(),
});

/** The record: hash-chained and signed. `body` is the canonical JSON that was signed. */
export const auditEntries = countersign.table(
  'audit_entries',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    approvalId: text('approval_id'),
    type: text('type').notNull(),
    body: text('body').notNull(),
    hash: text('hash').notNull(),
    mac: text('mac').notNull(),
    keyId: text('key_id').notNull(),
  },
  (table) => [index('audit_approval').on(table.approvalId)],
);

/** The newest entry, signed: the one row that every writer locks, so the chain has no forks. */
export const auditHead = countersign.table('audit_head', {
  id: integer('id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
  mac: text('mac').notNull(),
  keyId: text('key_id').notNull(),
});

/** Messages from platforms, by their own event id: recorded before they are acknowledged. */
export const inbox = countersign.table(
  'inbox',
  {
    platform: text('platform').notNull(),
    eventId: text('event_id').notNull(),
    receivedAt: timeMs('received_at').notNull(),
    message: jsonb('message').$type<InboundMessage>().notNull(),
    handledAt: timeMs('handled_at'),
  },
  (table) => [
    primaryKey({ columns: [table.platform, table.eventId] }),
    index('inbox_unhandled').on(table.receivedAt).where(sql`${table.handledAt} is null`),
  ],
);

/** Messages to platforms, kept until they are delivered. */
export const outbox = countersign.table(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Two rows with one key are one message: the later wish replaces the earlier. */
    key: text('key').notNull(),
    platform: text('platform').notNull(),
    chat: text('chat').notNull(),
    /** What to deliver; see OutboxItem. */
    item: jsonb('item').$type<OutboxItem>().notNull(),
    revision: integer('revision').notNull(),
    attempts: integer('attempts').notNull(),
    nextAt: timeMs('next_at').notNull(),
    createdAt: timeMs('created_at').notNull(),
    lastError: text('last_error'),
  },
  (table) => [uniqueIndex('outbox_key').on(table.key), index('outbox_next').on(table.nextAt)],
);

/** Which message shows an approval in which chat. */
export const cards = countersign.table(
  'cards',
  {
    approvalId: text('approval_id').notNull(),
    platform: text('platform').notNull(),
    chat: text('chat').notNull(),
    ref: text('ref').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.approvalId, table.platform, table.chat] }),
    index('cards_ref').on(table.platform, table.chat, table.ref),
  ],
);

/** Rules with an end that have not ended; the fact `grants` counts them and their changes. */
export const grants = countersign.table('grants', {
  id: text('id').primaryKey(),
  body: jsonb('body').$type<Grant>().notNull(),
});

/** How often each rule decided, by its key: those of the file and grants alike. */
export const ruleUses = countersign.table('rule_uses', {
  key: text('key').primaryKey(),
  uses: bigint('uses', { mode: 'number' }).notNull(),
  lastAt: timeMs('last_at').notNull(),
});

/** What people changed of the policies, so that it can be undone; newest last. */
export const policyChanges = countersign.table('policy_changes', {
  seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: timeMs('at').notNull(),
  actor: text('actor').notNull(),
  /** See the interlock's LoggedChange. */
  change: jsonb('change').notNull(),
  undoneAt: timeMs('undone_at'),
});

/** Single facts: `instance`, `lockdown`, `grants`. */
export const settings = countersign.table('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
});

/** Tokens made by Countersign itself: only their SHA-256. */
export const tokens = countersign.table('tokens', {
  name: text('name').primaryKey(),
  role: text('role').notNull(),
  hash: text('hash').notNull(),
  createdAt: timeMs('created_at').notNull(),
});
