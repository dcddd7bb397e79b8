// The committing shell around the state machine, and the only writer of approvals and grants:
// submit, decide, cancel, lock down, grant. Workers come through runs.ts, time through sweep.ts;
// all share one committer.
import { type Approval, FINAL_STATES, type Origin } from '../bus/approval.ts';
import type { Clock, RandomBytes } from '../bus/clock.ts';
import { type Grant, type GrantTerms, isLive } from '../bus/grant.ts';
import type { Identity } from '../bus/messages.ts';
import type { ActionQueue } from '../queue/queue.ts';
import { Changes } from './changes.ts';
import { Committer } from './commit.ts';
import { apply, type Setting } from './consequences.ts';
import { addGrant, dropGrant, endGrants, type Granted, haveEnded } from './grants.ts';
import { candidateId, normaliseId } from './ids.ts';
import { JobMover } from './job-mover.ts';
import type { Ledger, Lockdown, RuleUse } from './ledger.ts';
import type { Refusal } from './machine.ts';
import { type ChangeRecord, logRuleChange, markUndone, type RuleChange } from './policy-log.ts';
import { enter, type Judge, type Submission, type Submitted } from './submission.ts';
import type { Transition, View } from './view.ts';

export { lockdownText, type Submission, type Submitted } from './submission.ts';

export interface InterlockPorts {
  readonly ledger: Ledger;
  readonly queue: ActionQueue;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly judge: Judge;
  readonly setting: Setting & { readonly expireAfterMs: number };
  /** Wakes what delivers the outbox. */
  readonly outboxFilled: () => void;
  readonly log: (line: string, error?: unknown) => void;
}

export interface DecisionRequest {
  readonly id: string;
  readonly verdict: 'approve' | 'reject';
  readonly actor: Identity;
  readonly reason: string | null;
  readonly via: Origin | null;
}

export type Decided =
  /** This call decided it. */
  | { readonly kind: 'decided'; readonly approval: Approval }
  /** This vote counts; more are needed. */
  | { readonly kind: 'voted'; readonly approval: Approval }
  /** Its time had run out. */
  | { readonly kind: 'expired'; readonly approval: Approval }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly approval: Approval }
  | { readonly kind: 'lockdown'; readonly lockdown: Lockdown; readonly approval: Approval }
  | { readonly kind: 'not-found' };

export type Resolved =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'many'; readonly ids: readonly string[] }
  | { readonly kind: 'none' };

export class Interlock {
  readonly ports: InterlockPorts;
  readonly committer: Committer;
  readonly changes: Changes;
  readonly jobs: JobMover;
  /** Called after each commit, with what it changed. */
  afterCommit: (transitions: readonly Transition[]) => void = () => undefined;

  constructor(ports: InterlockPorts) {
    this.ports = ports;
    this.changes = new Changes(ports.clock);
    this.jobs = new JobMover(ports.queue, (error) =>
      ports.log('the queue did not take a change; the next sweep mends it', error),
    );
    this.committer = new Committer(ports.ledger, (transitions) => {
      // It is committed: whatever goes wrong here must not be told to those who wait as a failure.
      try {
        this.jobs.follow(transitions);
        for (const { after } of transitions) {
          if (FINAL_STATES.has(after.state)) this.changes.forgetOutput(after.id);
          this.changes.announce(after.id);
        }
        ports.outboxFilled();
        this.afterCommit(transitions);
      } catch (error) {
        ports.log('what follows a commit went wrong; the next sweep mends it', error);
      }
    });
  }

  /** Judges and records an action. Durable when it resolves (I8). */
  async submit(submission: Submission): Promise<Submitted> {
    for (;;) {
      const id = candidateId(this.ports.random);
      const answer = await this.committer.commit({
        reads: {
          ids: [id],
          keys:
            submission.idempotencyKey === null
              ? []
              : [{ requester: submission.requester, key: submission.idempotencyKey }],
        },
        run: (view) => enter(view, id, submission, this.ports),
      });
      if (answer === 'id-taken') continue;
      if (answer.kind === 'new') {
        const { id: made, requester, judgement } = answer.approval;
        for (const warning of judgement.warnings) {
          this.ports.log(`${made}, asked by ${requester}: ${warning}`);
        }
      }
      return answer;
    }
  }

  /** One approver's answer. Of racing ones exactly one decides; all others learn who did (I2). */
  async decide(request: DecisionRequest): Promise<Decided> {
    return this.committer.commit({
      reads: { ids: [request.id], keys: [] },
      run: (view): Decided => {
        const before = view.get(request.id);
        if (before === undefined) return { kind: 'not-found' };
        const lockdown = view.lockdown();
        if (lockdown !== null && request.verdict === 'approve' && before.state === 'pending') {
          return { kind: 'lockdown', lockdown, approval: before };
        }
        const { actor, reason, via } = request;
        const event =
          request.verdict === 'approve'
            ? ({ type: 'approve', actor, via } as const)
            : ({ type: 'reject', actor, reason, via } as const);
        const result = apply(view, before, event, this.ports.clock.now(), this.ports.setting);
        if (!result.ok) return { kind: 'refused', refusal: result.refusal, approval: before };
        if (result.overtaken) return { kind: 'expired', approval: result.next };
        return { kind: result.audit === 'voted' ? 'voted' : 'decided', approval: result.next };
      },
    });
  }

  /** The requester takes it back while it is pending. */
  async cancel(id: string, actor: Identity, reason: string | null): Promise<Decided> {
    return this.committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view): Decided => {
        const before = view.get(id);
        if (before === undefined) return { kind: 'not-found' };
        const event = { type: 'cancel', actor, reason } as const;
        const result = apply(view, before, event, this.ports.clock.now(), this.ports.setting);
        if (!result.ok) return { kind: 'refused', refusal: result.refusal, approval: before };
        return { kind: result.overtaken ? 'expired' : 'decided', approval: result.next };
      },
    });
  }

  /**
   * Nothing is approved and nothing starts from now on; what was released and not yet taken is
   * revoked. Resolves with how many were.
   */
  async lockDown(actor: Identity, reason: string | null): Promise<{ revoked: number }> {
    return this.committer.commit({
      // Read where it is written: what is approved in the meantime must not outlive the lockdown.
      reads: { ids: [], keys: [], released: true },
      run: (view) => {
        const now = this.ports.clock.now();
        view.setLockdown({ actor, reason, atMs: now });
        view.record({ type: 'lockdown.on', atMs: now, actor, approvalId: null, data: { reason } });
        let revoked = 0;
        for (const before of view.released()) {
          const event = { type: 'revoke', actor, reason: 'lockdown' } as const;
          if (apply(view, before, event, now, this.ports.setting).ok) revoked += 1;
        }
        return { revoked };
      },
    });
  }

  /** Lifts the lockdown; false when there was none. */
  async unlock(actor: Identity): Promise<boolean> {
    return this.committer.commit({
      reads: { ids: [], keys: [] },
      run: (view) => {
        if (view.lockdown() === null) return false;
        view.setLockdown(null);
        const atMs = this.ports.clock.now();
        view.record({ type: 'lockdown.off', atMs, actor, approvalId: null, data: {} });
        return true;
      },
    });
  }

  /** Puts something else on the record: a stranger's attempt, a changed policy, a start. */
  async record(type: string, actor: Identity, data: Record<string, unknown>): Promise<void> {
    await this.committer.commit({
      reads: { ids: [], keys: [] },
      run: (view) =>
        view.record({ type, atMs: this.ports.clock.now(), actor, approvalId: null, data }),
    });
  }

  /**
   * Gives a grant: it counts from the very next submission. `undoes` is the policy change that this
   * takes back; without one it is a change of its own.
   */
  grant(actor: Identity, terms: GrantTerms, undoes: number | null = null): Promise<Granted> {
    return this.#edit(undoes, (view, now) => addGrant(view, actor, terms, now, undoes));
  }

  /** Takes a grant back, with what it released and nobody has claimed; null when there is none. */
  revokeGrant(id: string, actor: Identity, undoes: number | null = null): Promise<Grant | null> {
    return this.#edit(undoes, (view, now) => dropGrant(view, id, actor, now, undoes));
  }

  /** The grants that are live, the oldest first, with what is left of them. */
  async grants(): Promise<readonly Grant[]> {
    const now = this.ports.clock.now();
    return (await this.ports.ledger.grants()).filter((grant) => isLive(grant, now));
  }

  /** Ends the grants whose time is over. They count no more whether this is called or not. */
  async endGrants(): Promise<void> {
    if (!haveEnded(await this.ports.ledger.grants(), this.ports.clock.now())) return;
    await this.#edit(null, endGrants);
  }

  /** Puts an edit of the policy file on the record, and where `lastChange` finds it. */
  recordChange(actor: Identity, change: RuleChange): Promise<void> {
    return this.#edit(null, (view, now) => logRuleChange(view, actor, change, now));
  }

  /** The newest change of a rule or a grant that was not undone. */
  lastChange(): Promise<ChangeRecord | null> {
    return this.ports.ledger.lastChange();
  }

  /** Marks it as undone by this person; false when somebody was first. */
  markUndone(seq: number, actor: Identity): Promise<boolean> {
    return this.#edit(seq, (view, now) => markUndone(view, seq, actor, now));
  }

  /** How often each rule decided and when last, by its key; those that never did are not there. */
  ruleUses(): Promise<ReadonlyMap<string, RuleUse>> {
    return this.ports.ledger.ruleUses();
  }

  /** What was asked for last, the newest first: what a new rule would have matched. */
  recent(limit: number): Promise<readonly Approval[]> {
    return this.ports.ledger.list({ states: null, requester: null, limit });
  }

  #edit<T>(change: number | null, run: (view: View, now: number) => T): Promise<T> {
    return this.committer.commit({
      reads: { ids: [], keys: [], changes: change === null ? [] : [change] },
      run: (view) => run(view, this.ports.clock.now()),
    });
  }

  /** What a typed id or unique beginning means: live approvals first, then all that are kept. */
  async resolve(typed: string): Promise<Resolved> {
    const prefix = normaliseId(typed);
    if (prefix === null) return { kind: 'none' };
    const found = await this.ports.ledger.findByPrefix(prefix, 50);
    const pending = found.filter(({ state }) => state === 'pending');
    const candidates = pending.length > 0 ? pending : found;
    const exact = found.find(({ id }) => id === prefix);
    const one = exact ?? (candidates.length === 1 ? candidates[0] : undefined);
    if (one !== undefined) return { kind: 'one', id: one.id };
    if (candidates.length === 0) return { kind: 'none' };
    return { kind: 'many', ids: candidates.slice(0, 10).map(({ id }) => id) };
  }
}
