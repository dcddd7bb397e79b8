// The ledger in memory: it survives processes, commits all or nothing, compares before it sets, and
// chains the real record. Each transaction is three pieces (read and plan, commit, answer) with
// whatever the seed puts in between; each may be the last thing its process does.
import { type AuditEntry, type AuditHead, appendEntries } from '../../src/audit/chain.ts';
import type { Approval, OutputChunk } from '../../src/bus/approval.ts';
import type { Grant } from '../../src/bus/grant.ts';
import {
  idempotencyIndex,
  type Ledger,
  LedgerConflict,
  type ListQuery,
  type LiveApproval,
  type Lockdown,
  type OutboxWish,
  type Reads,
  type RuleUse,
  type Snapshot,
  type Writes,
} from '../../src/interlock/ledger.ts';
import type { ChangeRecord } from '../../src/interlock/policy-log.ts';
import { recordKey } from './keys.ts';
import type { Prng } from './prng.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

/** Told of every commit, in its very moment: what was there, what is written, as planned when. */
export type CommitWitness = (
  before: ReadonlyMap<string, Approval>,
  writes: Writes,
  plannedAt: unknown,
) => void;

const NOTHING: Writes = {
  inserted: [],
  updated: [],
  inputs: [],
  outputs: [],
  audit: [],
  outbox: [],
  lockdown: undefined,
  grants: undefined,
  ruleUses: new Map(),
  policyChanges: [],
  undone: [],
};

/** Ways to be wrong on purpose; all false in the real simulation. */
export interface LedgerFaults {
  readonly withoutCompareAndSet?: boolean;
  readonly auditAfterwards?: boolean;
  readonly answersBeforeCommit?: boolean;
  readonly forgetsKeys?: boolean;
  readonly staleGrants?: boolean;
}

export interface MemoryLedgerSetting {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly witness: CommitWitness;
  /** What holds when a plan is made, for the witness: the rules of that moment. */
  readonly moment: () => unknown;
  /** Called when a plan could not have been made from what it had read. */
  readonly alarm: (message: string) => void;
  readonly faults: LedgerFaults;
}

export class MemoryLedger {
  readonly #setting: MemoryLedgerSetting;
  readonly approvals = new Map<string, Approval>();
  readonly entries: AuditEntry[] = [];
  readonly outbox = new Map<string, OutboxWish>();
  readonly #inputs = new Map<string, Uint8Array>();
  readonly #outputs = new Map<string, readonly OutputChunk[]>();
  readonly grants = new Map<string, Grant>();
  readonly ruleUses = new Map<string, RuleUse>();
  readonly #changes = new Map<number, ChangeRecord>();
  #lastGrant = 0;
  readonly #firstSeen = new Map<string, Grant>();
  head: AuditHead | null = null;
  locked: Lockdown | null = null;
  /** Counts commits. Stands for the lock on the record's head: a plan is good for one of them. */
  generation = 0;

  constructor(setting: MemoryLedgerSetting) {
    this.#setting = setting;
  }

  /** The ledger as one process reaches it. */
  connect(owner: Life): Ledger {
    const { scheduler, prng, weather } = this.#setting;
    const read = async <T>(label: string, value: () => T): Promise<T> => {
      await scheduler.turn(owner, `ledger ${label}`);
      if (prng.chance(weather.lostRead)) throw new Error('the store was not reached');
      const found = value();
      await scheduler.turn(owner, `ledger ${label} answers`);
      return found;
    };
    return {
      transact: (reads, plan) => this.#transact(owner, reads, plan),
      get: (id) => read('get', () => this.approvals.get(id) ?? null),
      findByPrefix: (prefix, limit) =>
        read('findByPrefix', () =>
          [...this.approvals.values()].filter(({ id }) => id.startsWith(prefix)).slice(0, limit),
        ),
      list: (query) => read('list', () => this.#list(query)),
      live: () => read('live', () => this.live()),
      input: (digest) => read('input', () => this.#inputs.get(digest) ?? null),
      output: (id) => read('output', () => this.#outputs.get(id) ?? []),
      lockdown: () => read('lockdown', () => this.locked),
      grants: () => read('grants', () => [...this.grants.values()]),
      ruleUses: () => read('ruleUses', () => new Map(this.ruleUses)),
      lastChange: () => read('lastChange', () => this.#lastChange()),
    };
  }

  /** A lockdown by other hands than the interlock's: the fact and its entry, nothing revoked. */
  lockFromOutside(owner: Life, lockdown: Lockdown): void {
    const draft = { ...lockdown, type: 'lockdown.on', approvalId: null, data: {} };
    this.#commit(owner, { ...NOTHING, audit: [draft], lockdown }, this.#setting.moment());
  }

  #lastChange(): ChangeRecord | null {
    return [...this.#changes.values()].findLast(({ undoneAt }) => undoneAt === null) ?? null;
  }

  live(): LiveApproval[] {
    return [...this.approvals.values()].filter(
      ({ state }) => state === 'pending' || state === 'approved' || state === 'running',
    ) as LiveApproval[];
  }

  #list({ states, requester, limit }: ListQuery): readonly Approval[] {
    return [...this.approvals.values()]
      .filter(({ state }) => states?.includes(state) ?? true)
      .filter((approval) => requester === null || approval.requester === requester)
      .sort((one, other) => other.createdAt - one.createdAt)
      .slice(0, limit);
  }

  async #transact<T>(
    owner: Life,
    reads: Reads,
    plan: (snapshot: Snapshot) => { readonly writes: Writes; readonly answer: T },
  ): Promise<T> {
    const { scheduler, prng, weather, faults } = this.#setting;
    await scheduler.turn(owner, 'ledger plans');
    if (prng.chance(weather.lostBeforeCommit)) throw new Error('the store was not reached');
    const seen = this.generation;
    const plannedAt = this.#setting.moment();
    const { writes, answer } = plan(this.#snapshot(reads));
    if (faults.answersBeforeCommit === true) {
      void this.#commitLater(owner, writes, plannedAt);
      return answer;
    }
    await scheduler.turn(owner, 'ledger commits');
    if (prng.chance(weather.conflict)) throw new LedgerConflict('somebody else was first');
    if (faults.withoutCompareAndSet !== true && seen !== this.generation) {
      throw new LedgerConflict('somebody else was first');
    }
    this.#commit(owner, writes, plannedAt);
    if (prng.chance(weather.lostAfterCommit)) {
      throw new Error('the store was lost before it could answer');
    }
    await scheduler.turn(owner, 'ledger answers');
    return answer;
  }

  #snapshot(reads: Reads): Snapshot {
    const approvals = new Map<string, Approval>();
    const byKey = new Map<string, Approval>();
    for (const id of reads.ids) {
      const approval = this.approvals.get(id);
      if (approval !== undefined) approvals.set(id, approval);
    }
    for (const approval of reads.released === true ? this.approvals.values() : []) {
      if (approval.state === 'approved') approvals.set(approval.id, approval);
    }
    for (const { requester, key } of this.#setting.faults.forgetsKeys === true ? [] : reads.keys) {
      const approval = [...this.approvals.values()].find(
        (other) => other.requester === requester && other.idempotencyKey === key,
      );
      if (approval === undefined) continue;
      approvals.set(approval.id, approval);
      byKey.set(idempotencyIndex(requester, key), approval);
    }
    const { staleGrants } = this.#setting.faults;
    const kept = [...this.grants.values()];
    const grants = { lastNumber: this.#lastGrant, kept: staleGrants ? this.#stale(kept) : kept };
    const changes = new Map(this.#changes);
    return { approvals, byKey, lockdown: this.locked, grants, changes };
  }

  /** Each grant as it was read first, and all that were. */
  #stale(kept: readonly Grant[]): readonly Grant[] {
    for (const grant of kept)
      if (!this.#firstSeen.has(grant.id)) this.#firstSeen.set(grant.id, grant);
    return [...this.#firstSeen.values()];
  }

  #commit(owner: Life, writes: Writes, plannedAt: unknown): void {
    const { faults, witness, alarm } = this.#setting;
    const checked = faults.withoutCompareAndSet !== true;
    for (const { after, expectedVersion } of checked ? writes.updated : []) {
      if (this.approvals.get(after.id)?.version !== expectedVersion) {
        alarm(`${after.id}: the plan expected a version that it cannot have read`);
      }
    }
    for (const { id } of checked ? writes.inserted : []) {
      if (this.approvals.has(id)) alarm(`${id}: the plan inserts it a second time`);
    }
    const late = faults.auditAfterwards === true;
    witness(this.approvals, late ? { ...writes, audit: [] } : writes, plannedAt);
    this.generation += 1;
    for (const approval of writes.inserted) this.approvals.set(approval.id, approval);
    for (const { after } of writes.updated) this.approvals.set(after.id, after);
    for (const { digest, bytes } of writes.inputs) this.#inputs.set(digest, bytes);
    for (const { approvalId, chunks } of writes.outputs) this.#outputs.set(approvalId, chunks);
    for (const wish of writes.outbox) this.outbox.set(wish.key, wish);
    if (writes.lockdown !== undefined) this.locked = writes.lockdown;
    this.#commitPolicies(writes);
    if (late) void this.#auditLater(owner, writes);
    else this.#append(writes);
  }

  #commitPolicies({ grants, ruleUses, policyChanges, undone }: Writes): void {
    if (grants !== undefined) {
      this.#lastGrant = grants.lastNumber;
      for (const grant of grants.put) this.grants.set(grant.id, grant);
      for (const id of grants.drop) this.grants.delete(id);
    }
    for (const [key, { uses, lastAt }] of ruleUses) {
      const before = this.ruleUses.get(key);
      const latest = Math.max(lastAt, before?.lastAt ?? lastAt);
      this.ruleUses.set(key, { uses: uses + (before?.uses ?? 0), lastAt: latest });
    }
    for (const change of policyChanges) {
      const seq = this.#changes.size + 1;
      this.#changes.set(seq, { seq, ...change, undoneAt: null });
    }
    for (const { seq, atMs } of undone) {
      const change = this.#changes.get(seq);
      if (change !== undefined) this.#changes.set(seq, { ...change, undoneAt: atMs });
    }
  }

  #append(writes: Writes): void {
    if (writes.audit.length === 0) return;
    const chained = appendEntries(this.head, writes.audit, recordKey);
    this.entries.push(...chained.entries);
    this.head = chained.head;
  }

  async #auditLater(owner: Life, writes: Writes): Promise<void> {
    await this.#setting.scheduler.turn(owner, 'ledger writes the record');
    this.#append(writes);
  }

  async #commitLater(owner: Life, writes: Writes, plannedAt: unknown): Promise<void> {
    await this.#setting.scheduler.turn(owner, 'ledger commits at last');
    this.#commit(owner, writes, plannedAt);
  }
}
