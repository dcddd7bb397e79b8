// The interlock on a real database, for the suite that runs on PGlite and on PostgreSQL alike.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { asc } from 'drizzle-orm';
import type { AuditEntry, AuditHead } from '../../src/audit/chain.ts';
import { type Verification, verifyRecord } from '../../src/audit/verify.ts';
import { type Clock, systemClock } from '../../src/bus/clock.ts';
import type { Effect } from '../../src/bus/messages.ts';
import { Interlock, type Submission } from '../../src/interlock/interlock.ts';
import type { Ledger } from '../../src/interlock/ledger.ts';
import { createStoreLedger } from '../../src/interlock/store-ledger.ts';
import type { ActionQueue } from '../../src/queue/queue.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { auditEntries, auditHead } from '../../src/store/schema.ts';
import { makeDataDir, startPostgres } from '../services.ts';
import { recordKey, recordKeys } from '../simulation/keys.ts';
import { judgeSimulated } from '../simulation/people.ts';
import { RULES } from './cases.ts';
import { SUBMISSION } from './workbench.ts';

/** Queues nothing: these tests are about the store. */
const NO_QUEUE: ActionQueue = {
  engine: 'postgres',
  add: async () => undefined,
  release: async () => undefined,
  remove: async () => undefined,
  rebuild: async () => undefined,
  reconcile: async () => 0,
  consume: () => Promise.reject(new Error('nothing is queued here')),
  health: async () => ({ ok: true, detail: 'none' }),
  close: async () => undefined,
};

/** Wall clock that a test may set ahead. */
export class AheadClock implements Clock {
  aheadMs = 0;
  now(): number {
    return systemClock.now() + this.aheadMs;
  }
  after(delayMs: number, run: () => void): () => void {
    return systemClock.after(delayMs, run);
  }
}

/** One control plane's interlock over a store of its own connection. */
export interface OnStore {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly interlock: Interlock;
  readonly clock: AheadClock;
  /** What the rules say of everything. */
  judge: { effect: Effect; approvals: number };
}

/** An engine that can be opened, more than once where it serves several. */
export interface Engine {
  open(): Promise<OnStore>;
  close(): Promise<void>;
}

export async function pgliteEngine(): Promise<Engine> {
  const dataDir = await makeDataDir();
  return engineOf(
    () => openStore({ kind: 'folder', dataDir }, { log: () => undefined }),
    () => rm(dataDir, { recursive: true, force: true }),
  );
}

export async function postgresEngine(): Promise<Engine> {
  const server = await startPostgres();
  const url = await server.createDatabase();
  return engineOf(
    () => openStore({ kind: 'postgres', url }, { log: () => undefined, exclusive: false }),
    () => server.stop(),
  );
}

function engineOf(openStoreThere: () => Promise<Store>, remove: () => Promise<void>): Engine {
  const opened: Store[] = [];
  return {
    async open() {
      const store = await openStoreThere();
      opened.push(store);
      return interlockOn(store);
    },
    async close() {
      for (const store of opened) await store.close();
      await remove();
    },
  };
}

function interlockOn(store: Store): OnStore {
  const ledger = createStoreLedger(store.db, recordKey);
  const clock = new AheadClock();
  const on: Omit<OnStore, 'interlock'> = {
    store,
    ledger,
    clock,
    judge: { effect: 'ask', approvals: 1 },
  };
  const interlock = new Interlock({
    ledger,
    queue: NO_QUEUE,
    clock,
    random: (sizeBytes) => randomBytes(sizeBytes),
    judge: (frozen, _requester, grants) => judgeSimulated(frozen, on.judge, grants),
    setting: {
      rules: RULES,
      audience: () => [{ platform: 'telegram', chat: '1' }],
      expireAfterMs: 1_800_000,
    },
    outboxFilled: () => undefined,
    log: () => undefined,
  });
  return Object.assign(on, { interlock });
}

/** The record as it stands in the database. */
export async function recordOf({ store }: OnStore): Promise<{
  entries: AuditEntry[];
  head: AuditHead | null;
}> {
  const entries = await store.db.select().from(auditEntries).orderBy(asc(auditEntries.seq));
  const [head] = await store.db.select().from(auditHead);
  return { entries, head: head ?? null };
}

export async function verify(on: OnStore): Promise<Verification> {
  const { entries, head } = await recordOf(on);
  return verifyRecord(entries, head, null, recordKeys);
}

/** Submits one and returns its id. */
export async function submitted(on: OnStore, change: Partial<Submission> = {}): Promise<string> {
  return (await on.interlock.submit({ ...SUBMISSION, ...change })).approval.id;
}

export function answer(id: string, verdict: 'approve' | 'reject', actor: string) {
  return { id, verdict, actor, reason: null, via: null } as const;
}
