// Broken variants about grants: each has one safeguard taken out, and must be caught by I6 (what
// has ended releases nothing, nothing is released more often than was granted) or I8.
import type { Approval } from '../../src/bus/approval.ts';
import { isInTime, isLive } from '../../src/bus/grant.ts';
import type { Operation } from '../../src/interlock/commit.ts';
import { liveGrants, spendGrants } from '../../src/interlock/grants.ts';
import { Interlock, type Submission, type Submitted } from '../../src/interlock/interlock.ts';
import type { View } from '../../src/interlock/view.ts';
import { OtherRuns } from './other-runs.ts';
import type { Variant } from './world.ts';

/** Runs the submission's plan over a view that is not what it seems. */
abstract class OtherSubmit extends Interlock {
  abstract disguise(view: View): void;

  override submit(submission: Submission): Promise<Submitted> {
    const { committer } = this;
    const commit = committer.commit.bind(committer);
    committer.commit = <T>({ reads, run }: Operation<T>) => {
      committer.commit = commit;
      return commit({
        reads,
        run: (view) => {
          this.disguise(view);
          try {
            return run(view);
          } finally {
            Reflect.deleteProperty(view, 'putGrant');
            Reflect.deleteProperty(view, 'grants');
          }
        },
      });
    };
    return super.submit(submission);
  }

  protected spend({ judgement }: Approval): Promise<void> {
    const { clock, setting } = this.ports;
    return this.committer.commit({
      reads: { ids: [], keys: [] },
      run: (view) => spendGrants(view, judgement, clock.now(), setting.rules.claimWithinMs),
    });
  }
}

/** Counts a use in a transaction of its own, after what it released. */
class CountsAfterwards extends OtherSubmit {
  override disguise(view: View): void {
    view.putGrant = () => undefined;
  }

  override async submit(submission: Submission): Promise<Submitted> {
    const answer = await super.submit(submission);
    if (answer.kind === 'new' && answer.approval.state === 'approved') {
      await this.spend(answer.approval);
    }
    return answer;
  }
}

/** Releases by what has ended and was not swept away yet. */
class HonoursExpired extends OtherSubmit {
  override disguise(view: View): void {
    const kept = view.grants();
    view.grants = () => kept.map((grant) => ({ ...grant, expiresAt: null }));
    view.putGrant = ({ expiresAt, ...grant }) => {
      const before = kept.find(({ id }) => id === grant.id);
      Reflect.deleteProperty(view, 'putGrant');
      view.putGrant({ ...grant, expiresAt: before?.expiresAt ?? expiresAt });
    };
  }
}

/** Releases by what is used up and was not swept away yet. */
class HonoursUsedUp extends OtherSubmit {
  override disguise(view: View): void {
    const kept = view.grants();
    view.grants = () =>
      kept.map((grant) => (grant.usesLeft === 0 ? { ...grant, usesLeft: 1 } : grant));
  }
}

/** A repeated submission is a use as well. */
class CountsRepeats extends OtherSubmit {
  override disguise(): void {}

  override async submit(submission: Submission): Promise<Submitted> {
    const answer = await super.submit(submission);
    if (answer.kind === 'repeated') await this.spend(answer.approval);
    return answer;
  }
}

/** What a grant has released runs, whatever became of the grant. */
class ClaimsByAnyGrant extends OtherRuns {
  override take(view: View, before: Approval, worker: string): Approval | null {
    const { effect } = this.judge(before, this.grants(view, before));
    const granted = before.judgement.used.some((key) => key.startsWith('grant:'));
    if (view.lockdown() !== null || effect === 'deny') return null;
    const stale = before.decision?.kind === 'allowed' && effect !== 'allow' && !granted;
    return stale ? null : this.step(view, before, worker);
  }
}

/** What has used a grant up is not allowed by it any more. */
class ClaimsByLiveGrantsAlone extends OtherRuns {
  override take(view: View, before: Approval, worker: string): Approval | null {
    const grants = liveGrants(view, this.interlock.ports.clock.now());
    const { effect } = this.judge(before, grants);
    if (view.lockdown() !== null || effect === 'deny') return null;
    const stale = before.decision?.kind === 'allowed' && effect !== 'allow';
    return stale ? this.revoke(view, before) : this.step(view, before, worker);
  }
}

/** Ends a grant with its last use, though what it released is not claimed yet. */
class EndsUsedUp extends Interlock {
  override async endGrants(): Promise<void> {
    await this.committer.commit({
      reads: { ids: [], keys: [] },
      run: (view) => {
        const now = this.ports.clock.now();
        for (const grant of view.grants()) {
          if (isLive(grant, now) || !isInTime(grant, now)) continue;
          const data = { grant };
          view.dropGrant(grant.id);
          view.record({ type: 'grant.ended', atMs: now, actor: 'x:y', approvalId: null, data });
        }
      },
    });
    await super.endGrants();
  }
}

export const BROKEN_GRANTS: Readonly<Record<string, Variant & { readonly invariant: string }>> = {
  'a use that is counted after the commit': {
    parts: { Interlock: CountsAfterwards },
    invariant: 'I6',
  },
  'a submission that honours expired grants': {
    parts: { Interlock: HonoursExpired },
    invariant: 'I6',
  },
  'a submission that honours grants that are used up': {
    parts: { Interlock: HonoursUsedUp },
    invariant: 'I6',
  },
  'a repeated submission that counts as a use': {
    parts: { Interlock: CountsRepeats },
    invariant: 'I6',
  },
  'a ledger that keeps showing the grants it read first': {
    ledger: { staleGrants: true },
    invariant: 'I6',
  },
  'a claim that honours revoked and expired grants': {
    parts: { Runs: ClaimsByAnyGrant },
    invariant: 'I6',
  },
  'a claim that forgets the grant that it has used up': {
    parts: { Runs: ClaimsByLiveGrantsAlone },
    invariant: 'I8',
  },
  'a sweep that ends used up grants before the claim': {
    parts: { Interlock: EndsUsedUp },
    invariant: 'I8',
  },
};
