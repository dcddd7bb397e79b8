// Deliberately broken variants of the interlock, each with one safeguard taken out. They exist to
// show that the simulation would notice; src is not touched.
import type { Approval } from '../../src/bus/approval.ts';
import { apply } from '../../src/interlock/consequences.ts';
import {
  type Decided,
  type DecisionRequest,
  Interlock,
  type InterlockPorts,
  type Submission,
  type Submitted,
} from '../../src/interlock/interlock.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import type { View } from '../../src/interlock/view.ts';
import { BROKEN_GRANTS } from './broken-grants.ts';
import { OtherRuns } from './other-runs.ts';
import type { Variant } from './world.ts';

/** Looks at the state, and neither at the lockdown nor at the rules. */
class ClaimsUnderLockdown extends OtherRuns {
  override take(view: View, before: Approval, worker: string): Approval | null {
    const { decision } = before;
    const { effect } = this.judge(before, this.grants(view, before));
    const stale = effect === 'deny' || (decision?.kind === 'allowed' && effect !== 'allow');
    return stale ? null : this.step(view, before, worker);
  }
}

class ClaimsAgainstRules extends OtherRuns {
  override take(view: View, before: Approval, worker: string): Approval | null {
    return view.lockdown() === null ? this.step(view, before, worker) : null;
  }
}

/** Whatever the queue hands out is run. */
class ClaimsAnyState extends OtherRuns {
  override take(view: View, before: Approval, worker: string): Approval | null {
    const { effect } = this.judge(before, this.grants(view, before));
    if (view.lockdown() !== null || effect === 'deny') return null;
    return this.step(view, { ...before, state: 'approved' }, worker);
  }
}

/** Hands out again what its worker has not finished. */
class ReleasesAgain extends Sweeper {
  readonly interlock: Interlock;

  constructor(interlock: Interlock) {
    super(interlock);
    this.interlock = interlock;
  }

  override async sweep(): Promise<void> {
    try {
      const live = await this.interlock.ports.ledger.live();
      await Promise.all(
        live.filter(({ state }) => state === 'running').map(({ id }) => this.#again(id)),
      );
    } catch {
      // As the real one: the next sweep tries again.
    }
    await super.sweep();
  }

  #again(id: string): Promise<void> {
    return this.interlock.committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view) => {
        const before = view.get(id);
        if (before?.state !== 'running') return;
        const { version } = before;
        view.update({ ...before, state: 'approved', worker: null, version: version + 1 }, [
          'release',
        ]);
      },
    });
  }
}

/** Puts nothing back and expires nothing. */
class SweepsNothing extends Sweeper {
  override sweep(): Promise<void> {
    return Promise.resolve();
  }
}

/** The last answer wins. */
class DecidesAgain extends Interlock {
  override decide(request: DecisionRequest): Promise<Decided> {
    const { id, actor, verdict, reason, via } = request;
    return this.committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view): Decided => {
        const before = view.get(id);
        if (before === undefined) return { kind: 'not-found' };
        const reopened: Approval = { ...before, state: 'pending', decision: null };
        const open = before.state === 'approved' || before.state === 'rejected' ? reopened : before;
        const event = { type: verdict, actor, reason, via } as const;
        const result = apply(view, open, event, this.ports.clock.now(), this.ports.setting);
        if (!result.ok) return { kind: 'refused', refusal: result.refusal, approval: before };
        if (result.overtaken) return { kind: 'expired', approval: result.next };
        return { kind: result.audit === 'voted' ? 'voted' : 'decided', approval: result.next };
      },
    });
  }
}

/** Tells everybody who says yes that it was them. */
class FlattersEverybody extends Interlock {
  override async decide(request: DecisionRequest): Promise<Decided> {
    const answer = await super.decide(request);
    return answer.kind === 'refused' && answer.refusal === 'repeated'
      ? { kind: 'decided', approval: answer.approval }
      : answer;
  }
}

/** Approves during a lockdown: decides before it looks. */
class ApprovesUnderLockdown extends Interlock {
  override decide(request: DecisionRequest): Promise<Decided> {
    return this.committer.commit({
      reads: { ids: [request.id], keys: [] },
      run: (view): Decided => {
        const before = view.get(request.id);
        if (before === undefined) return { kind: 'not-found' };
        const { actor, reason, via, verdict } = request;
        const event = { type: verdict, actor, reason, via } as const;
        const result = apply(view, before, event, this.ports.clock.now(), this.ports.setting);
        if (!result.ok) return { kind: 'refused', refusal: result.refusal, approval: before };
        if (result.overtaken) return { kind: 'expired', approval: result.next };
        return { kind: result.audit === 'voted' ? 'voted' : 'decided', approval: result.next };
      },
    });
  }
}

/** Lists what is released before it locks: what is approved in between stays released. */
class LocksTooLate extends Interlock {
  override async lockDown(actor: string, reason: string | null): Promise<{ revoked: number }> {
    const live = await this.ports.ledger.live();
    const released = live.filter(({ state }) => state === 'approved');
    return this.committer.commit({
      reads: { ids: released.map(({ id }) => id), keys: [] },
      run: (view) => {
        const now = this.ports.clock.now();
        view.setLockdown({ actor, reason, atMs: now });
        view.record({ type: 'lockdown.on', atMs: now, actor, approvalId: null, data: {} });
        for (const { id } of released) {
          const before = view.get(id);
          if (before?.state !== 'approved') continue;
          apply(view, before, { type: 'revoke', actor, reason: '' }, now, this.ports.setting);
        }
        return { revoked: 0 };
      },
    });
  }
}

/** Lets a rule allow during a lockdown. */
class SubmitsUnderLockdown extends Interlock {
  override submit(submission: Submission): Promise<Submitted> {
    const { committer } = this;
    const commit = committer.commit.bind(committer);
    committer.commit = (operation) => {
      committer.commit = commit;
      const { reads } = operation;
      return commit({
        reads,
        run: (view) => {
          view.lockdown = () => null;
          try {
            return operation.run(view);
          } finally {
            Reflect.deleteProperty(view, 'lockdown');
          }
        },
      });
    };
    return super.submit(submission);
  }
}

/** Nobody is stopped who approves what it asked for itself. */
class ApprovesItsOwn extends Interlock {
  constructor(ports: InterlockPorts) {
    const { setting } = ports;
    super({ ...ports, setting: { ...setting, rules: { ...setting.rules, selfApproval: true } } });
  }
}

/** Every broken variant, by what is missing in it, with the invariant that it must be caught by. */
export const BROKEN: Readonly<Record<string, Variant & { readonly invariant: string }>> = {
  ...BROKEN_GRANTS,
  'a ledger without compare-and-set': {
    ledger: { withoutCompareAndSet: true },
    invariant: 'I2',
  },
  'an entry written outside of the transaction': {
    ledger: { auditAfterwards: true },
    invariant: 'I5',
  },
  'an answer before the commit': { ledger: { answersBeforeCommit: true }, invariant: 'I8' },
  'idempotency keys that are not looked up': { ledger: { forgetsKeys: true }, invariant: 'I8' },
  'a claim that does not check the state': { parts: { Runs: ClaimsAnyState }, invariant: 'I1' },
  'a claim that does not look at the lockdown': {
    parts: { Runs: ClaimsUnderLockdown },
    invariant: 'I4',
  },
  'a claim that does not look at the rules': {
    parts: { Runs: ClaimsAgainstRules },
    invariant: 'I4',
  },
  'a sweep that releases running actions again': {
    parts: { Sweeper: ReleasesAgain },
    invariant: 'I1',
  },
  'a sweep that does nothing': { parts: { Sweeper: SweepsNothing }, invariant: 'I8' },
  'an approval that ignores an earlier decision': {
    parts: { Interlock: DecidesAgain },
    invariant: 'I2',
  },
  'an approval that ignores the lockdown': {
    parts: { Interlock: ApprovesUnderLockdown },
    invariant: 'I4',
  },
  'a submission that ignores the lockdown': {
    parts: { Interlock: SubmitsUnderLockdown },
    invariant: 'I4',
  },
  'a lockdown that leaves what was approved meanwhile': {
    parts: { Interlock: LocksTooLate },
    invariant: 'I4',
  },
  'a requester that approves its own action': {
    parts: { Interlock: ApprovesItsOwn },
    invariant: 'I7',
  },
  'an answer that tells two people they decided': {
    parts: { Interlock: FlattersEverybody },
    invariant: 'I2',
  },
};
