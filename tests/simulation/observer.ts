// The independent observer of committed truth: rebuilds every case from the entries of each commit
// by a table of its own, compares that with the rows, and says what broke. Knows nothing of
// src/interlock but the shapes that cross its ports.
import type { AuditDraft } from '../../src/audit/chain.ts';
import type { Approval, Decision } from '../../src/bus/approval.ts';
import type { Effect, Judgement } from '../../src/bus/messages.ts';
import type { Writes } from '../../src/interlock/ledger.ts';
import { ObservedGrants } from './observed-grants.ts';
import { nameOf, personOf } from './people.ts';

/** What is known of one case from the record alone. */
export interface Case {
  readonly id: string;
  readonly requester: string;
  readonly digest: string;
  readonly command: string;
  readonly votesNeeded: number;
  readonly key: string | null;
  /** Grants that released it when it was submitted. */
  readonly grants: readonly string[];
  state: string;
  version: number;
  /** Until when it may be decided, then until when it may be claimed. */
  expiresAt: number;
  voters: string[];
  decisions: Decision[];
  claimedBy: string[];
  ranBy: string[];
  /** Callers that were told that they decided, by the decision's place in `decisions`. */
  told: number[];
}

/** The rules that held when a plan was made: effect by command. */
export type RulesThen = ReadonlyMap<string, Effect>;

// From -> entry -> to. Written from the design, not from the code.
const LEGAL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pending: {
    voted: 'pending',
    approved: 'approved',
    rejected: 'rejected',
    expired: 'expired',
    cancelled: 'cancelled',
  },
  approved: { claimed: 'running', expired: 'expired', revoked: 'revoked' },
  running: { succeeded: 'succeeded', failed: 'failed', unknown: 'unknown' },
};

export class Observer {
  readonly cases = new Map<string, Case>();
  readonly violations: string[] = [];
  readonly grants = new ObservedGrants((invariant, message) => this.violate(invariant, message));
  /** Grants that were used in the commit at hand. */
  #usedNow: string[] = [];
  lockedDown = false;
  /** Commits so far, and the last one after which a lockdown was in force. */
  commits = 0;
  lastLockedCommit = -1;
  unlocks = 0;
  /** Entries that were committed. */
  entries = 0;

  violate(invariant: string, message: string): void {
    this.violations.push(`${invariant}: ${message}`);
  }

  /** Takes one commit in, in the moment it happens. */
  committed(before: ReadonlyMap<string, Approval>, writes: Writes, rules: RulesThen): void {
    this.commits += 1;
    this.entries += writes.audit.length;
    const rows = new Map<string, Approval>();
    for (const row of writes.inserted) rows.set(row.id, row);
    for (const { after } of writes.updated) rows.set(after.id, after);
    this.#usedNow = [];
    for (const draft of writes.audit) this.#entry(draft, rows, rules);
    this.grants.written(writes.grants, this.#usedNow);
    for (const row of rows.values()) this.#row(before.get(row.id), row);
    if (writes.lockdown !== undefined && (writes.lockdown !== null) !== this.lockedDown) {
      this.violate('I5', 'the lockdown changed without its entry');
    }
    if (this.lockedDown) this.lastLockedCommit = this.commits;
  }

  #entry(draft: AuditDraft, rows: ReadonlyMap<string, Approval>, rules: RulesThen): void {
    if (draft.type === 'lockdown.on') {
      this.lockedDown = true;
      this.lastLockedCommit = this.commits;
    } else if (draft.type === 'lockdown.off') {
      this.lockedDown = false;
      this.unlocks += 1;
    } else if (draft.type.startsWith('grant.')) this.grants.entry(draft);
    const kind = /^approval\.(.+)$/.exec(draft.type)?.[1];
    if (kind === undefined || kind === 'late-outcome') return;
    const row = draft.approvalId === null ? undefined : rows.get(draft.approvalId);
    if (row === undefined) {
      this.violate('I5', `${draft.type} of ${draft.approvalId} without a change of it`);
    } else if (kind === 'submitted') this.#submitted(draft, row, rules);
    else this.#changed(kind, draft, row, rules);
  }

  #submitted(draft: AuditDraft, row: Approval, rules: RulesThen): void {
    const command = nameOf(row.frozen);
    const { state, digest, votesNeeded, expiresAt, decision } = draft.data;
    const effect = this.lockedDown
      ? 'deny'
      : this.grants.effect(command, rules.get(command), draft.atMs);
    const wanted = effect === 'allow' ? 'approved' : effect === 'deny' ? 'denied' : 'pending';
    if (state !== wanted) this.violate('I4', `${row.id}: ${effect} made it ${String(state)}`);
    if (this.cases.has(row.id)) this.violate('I5', `${row.id} was submitted twice`);
    for (const other of this.cases.values()) {
      if (row.idempotencyKey === null || other.key !== row.idempotencyKey) continue;
      if (other.requester !== row.requester) continue;
      this.violate('I8', `${row.id} and ${other.id} have one idempotency key`);
    }
    const judgement = draft.data['judgement'] as Judgement;
    const grants = this.lockedDown
      ? []
      : this.grants.judged(row.id, String(state), judgement, draft.atMs);
    this.#usedNow.push(...grants);
    this.cases.set(row.id, {
      id: row.id,
      grants,
      requester: row.requester,
      digest: String(digest),
      command,
      votesNeeded: Number(votesNeeded),
      key: row.idempotencyKey,
      state: String(state),
      version: 1,
      expiresAt: Number(expiresAt),
      voters: [],
      decisions: decision === null ? [] : [decision as Decision],
      claimedBy: [],
      ranBy: [],
      told: [],
    });
  }

  #changed(kind: string, draft: AuditDraft, row: Approval, rules: RulesThen): void {
    const known = this.cases.get(row.id);
    if (known === undefined) {
      this.violate('I5', `${draft.type} of ${row.id}, which nobody submitted`);
      return;
    }
    const { state, version, digest, worker } = draft.data;
    const to = LEGAL[known.state]?.[kind];
    if (to === undefined || to !== state) {
      const invariant = known.state === 'pending' || kind === 'claimed' ? 'I1' : 'I2';
      this.violate(invariant, `${row.id}: ${known.state} -> ${kind} -> ${String(state)}`);
    }
    if (Number(version) <= known.version) this.violate('I2', `${row.id}: its version went back`);
    if (digest !== known.digest) this.violate('I3', `${row.id}: its digest changed`);
    if (kind === 'voted' || kind === 'approved') this.#voted(kind, known, draft, row);
    if (kind === 'claimed') this.#claimed(known, String(worker), draft, rules);
    if (['approved', 'rejected', 'cancelled', 'expired', 'revoked'].includes(kind)) {
      known.decisions.push(draft.data['decision'] as Decision);
    }
    const answers = known.decisions.filter(
      ({ kind: how }) => how !== 'expired' && how !== 'revoked',
    );
    if (answers.length > 1) this.violate('I2', `${row.id} was decided twice`);
    if (kind === 'expired' && draft.atMs < known.expiresAt) {
      this.violate('I2', `${row.id} expired before its time`);
    }
    known.state = String(state);
    known.version = Number(version);
    known.expiresAt = row.expiresAt;
  }

  #voted(kind: string, known: Case, draft: AuditDraft, row: Approval): void {
    const person = personOf(draft.actor);
    if (this.lockedDown) this.violate('I4', `${row.id} was approved during a lockdown`);
    if (person === personOf(known.requester)) this.violate('I7', `${row.id}: own action`);
    if (known.voters.includes(person)) this.violate('I2', `${row.id}: ${person} votes twice`);
    if (draft.atMs >= known.expiresAt) this.violate('I6', `${row.id} was approved after its time`);
    known.voters.push(person);
    const enough = known.voters.length >= known.votesNeeded;
    if (enough !== (kind === 'approved')) {
      this.violate('I2', `${row.id}: ${kind} with ${known.voters.length} votes`);
    }
  }

  #claimed(known: Case, worker: string, draft: AuditDraft, rules: RulesThen): void {
    const { id, decisions } = known;
    known.claimedBy.push(worker);
    if (known.claimedBy.length > 1) this.violate('I1', `${id} was claimed twice`);
    if (!decisions.some(({ kind }) => kind === 'approved' || kind === 'allowed')) {
      this.violate('I1', `${id} was claimed and never approved`);
    }
    if (draft.atMs >= known.expiresAt) this.violate('I6', `${id} was claimed after its time`);
    if (this.lockedDown) this.violate('I4', `${id} was claimed during a lockdown`);
    const rule = rules.get(known.command);
    const effect = this.grants.effect(known.command, rule, draft.atMs);
    if (effect === 'deny') this.violate('I4', `${id} was claimed although a rule denies it`);
    if (effect === 'allow' || decisions[0]?.kind !== 'allowed') return;
    if (this.grants.stillReleases(known.command, known.grants, draft.atMs)) return;
    const [invariant, by] =
      known.grants.length > 0 ? ['I6', known.grants.join()] : ['I4', 'a rule'];
    this.violate(invariant, `${id} was claimed as allowed by ${by}, which allows it no more`);
  }

  #row(before: Approval | undefined, row: Approval): void {
    const known = this.cases.get(row.id);
    if (known === undefined) {
      this.violate('I5', `${row.id} appeared without its entry`);
      return;
    }
    if (row.state !== known.state) {
      const from = before?.state ?? 'nothing';
      this.violate('I5', `${row.id}: ${from} -> ${row.state} without its entry (${known.state})`);
    }
    const isBeat = row.state === 'running' && row.version > known.version;
    if (row.version !== known.version && !isBeat) {
      this.violate('I5', `${row.id}: version ${row.version}, its record says ${known.version}`);
    }
    const last = known.decisions.at(-1) ?? null;
    if (!same(row.decision, last)) {
      this.violate('I5', `${row.id}: its decision is not the recorded one`);
    }
    if (row.votes.length !== known.voters.length) {
      this.violate('I5', `${row.id}: votes without entries`);
    }
    if (row.frozen.digest !== known.digest) this.violate('I3', `${row.id}: its digest changed`);
  }

  /** A worker was handed the action and has begun. */
  ran(id: string, worker: string, digest: string): void {
    const known = this.cases.get(id);
    if (known === undefined || !known.claimedBy.includes(worker)) {
      this.violate('I1', `${worker} runs ${id}, which it has not claimed`);
      return;
    }
    known.ranBy.push(worker);
    if (known.ranBy.length > 1) this.violate('I1', `${id} ran ${known.ranBy.length} times`);
    if (digest !== known.digest) this.violate('I3', `${id} ran as something else`);
  }
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
