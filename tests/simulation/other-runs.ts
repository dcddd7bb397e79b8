// Runs that claim by a rule of their own: what the broken variants of the claim are made of.
import type { Approval, ClaimAnswer } from '../../src/bus/approval.ts';
import type { Grant } from '../../src/bus/grant.ts';
import type { Judgement } from '../../src/bus/messages.ts';
import { apply } from '../../src/interlock/consequences.ts';
import { grantsFor } from '../../src/interlock/grants.ts';
import type { Interlock } from '../../src/interlock/interlock.ts';
import { POLICY_ACTOR } from '../../src/interlock/machine.ts';
import { Runs } from '../../src/interlock/runs.ts';
import type { View } from '../../src/interlock/view.ts';
import { STDIN } from './people.ts';

/** Claims by a rule of its own, in a transaction of its own. */
export abstract class OtherRuns extends Runs {
  readonly interlock: Interlock;

  constructor(interlock: Interlock) {
    super(interlock);
    this.interlock = interlock;
  }

  abstract take(view: View, before: Approval, worker: string): Approval | null;

  override async claim(id: string, worker: string): Promise<ClaimAnswer> {
    const taken = await this.interlock.committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view) => {
        const before = view.get(id);
        return before === undefined ? null : this.take(view, before, worker);
      },
    });
    if (taken === null) return { claimed: false, why: 'not now' };
    const { stdinDigest } = taken.frozen.action;
    const stdin = stdinDigest === null ? null : STDIN;
    const { frozen } = taken;
    return { claimed: true, frozen, stdin, heartbeatMs: 1000 };
  }

  protected grants(view: View, before: Approval): readonly Grant[] {
    return grantsFor(view, before, this.interlock.ports.clock.now());
  }

  protected judge({ frozen, requester }: Approval, grants: readonly Grant[]): Judgement {
    return this.interlock.ports.judge(frozen, requester, grants, null);
  }

  protected revoke(view: View, before: Approval): null {
    const { clock, setting } = this.interlock.ports;
    const event = { type: 'revoke', actor: POLICY_ACTOR, reason: 'not allowed' } as const;
    apply(view, before, event, clock.now(), setting);
    return null;
  }

  protected step(view: View, before: Approval, worker: string): Approval | null {
    const { clock, setting } = this.interlock.ports;
    const result = apply(view, before, { type: 'claim', worker }, clock.now(), setting);
    return result.ok && !result.overtaken ? result.next : null;
  }
}
