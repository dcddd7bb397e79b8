// What workers may ask: claim, beat, finish. A claim is the last gate: lockdown and the rules in
// force are looked at again in the very transaction that hands the action out (I1, I4).
import { sha256Hex } from '../bus/action.ts';
import type { Approval, ClaimAnswer, Claims, Outcome, OutputChunk } from '../bus/approval.ts';
import { apply } from './consequences.ts';
import { grantsFor } from './grants.ts';
import { type Interlock, lockdownText } from './interlock.ts';
import { POLICY_ACTOR } from './machine.ts';
import type { View } from './view.ts';

export class Runs implements Claims {
  readonly #interlock: Interlock;
  readonly #stopAsked = new Set<string>();
  readonly #stops = new Map<string, () => void>();

  constructor(interlock: Interlock) {
    this.#interlock = interlock;
  }

  async claim(id: string, worker: string): Promise<ClaimAnswer> {
    const { committer, ports } = this.#interlock;
    const answer = await committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view) => this.#claim(view, id, worker),
    });
    if (typeof answer === 'string') return { claimed: false, why: answer };
    const { stdinDigest } = answer.frozen.action;
    const stdin = stdinDigest === null ? null : await ports.ledger.input(stdinDigest);
    if (stdinDigest !== null && (stdin === null || sha256Hex(stdin) !== stdinDigest)) {
      const why = 'its standard input is not kept as it was digested: nothing was run';
      const outcome = { exitCode: null, detail: why, durationMs: null, omittedBytes: 0 };
      await this.finish(id, worker, { ...outcome, unenforced: [] }, []);
      return { claimed: false, why };
    }
    return {
      claimed: true,
      frozen: answer.frozen,
      stdin,
      heartbeatMs: Math.max(1, Math.floor(ports.setting.rules.leaseMs / 3)),
    };
  }

  #claim(view: View, id: string, worker: string): Approval | string {
    const { clock, setting } = this.#interlock.ports;
    const now = clock.now();
    const before = view.get(id);
    if (before === undefined) return 'there is no such approval';
    const objection = before.state === 'approved' ? this.#objection(view, before, now) : null;
    if (objection !== null) {
      const event = { type: 'revoke', actor: POLICY_ACTOR, reason: objection } as const;
      apply(view, before, event, now, setting);
      return objection;
    }
    const result = apply(view, before, { type: 'claim', worker }, now, setting);
    if (!result.ok) return `it is ${before.state}`;
    return result.overtaken ? 'it has expired' : result.next;
  }

  #objection(view: View, approval: Approval, now: number): string | null {
    const lockdown = view.lockdown();
    if (lockdown !== null) return lockdownText(lockdown);
    const { frozen, requester, requestReason } = approval;
    const grants = grantsFor(view, approval, now);
    const judgement = this.#interlock.ports.judge(frozen, requester, grants, requestReason);
    if (judgement.effect === 'deny') {
      return `a rule denies it by now: ${judgement.reasons[0] ?? 'deny'}`;
    }
    if (approval.decision?.kind === 'allowed' && judgement.effect !== 'allow') {
      return 'the rule that allowed it is no longer in force';
    }
    return null;
  }

  progress(id: string, _worker: string, chunk: OutputChunk): void {
    this.#interlock.changes.addOutput(id, chunk);
  }

  async heartbeat(id: string, worker: string): Promise<boolean> {
    const { committer, ports } = this.#interlock;
    return committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view) => {
        const before = view.get(id);
        if (before === undefined) return false;
        const event = { type: 'beat', worker } as const;
        return apply(view, before, event, ports.clock.now(), ports.setting).ok;
      },
    });
  }

  async finish(
    id: string,
    worker: string,
    outcome: Outcome,
    kept: readonly OutputChunk[],
  ): Promise<void> {
    const { committer, ports, changes } = this.#interlock;
    const isItsOwn = await committer.commit({
      reads: { ids: [id], keys: [] },
      run: (view) => {
        const before = view.get(id);
        if (before === undefined) return false;
        const now = ports.clock.now();
        const event = { type: 'finish', worker, outcome } as const;
        const result = apply(view, before, event, now, ports.setting);
        if (result.ok) {
          view.keepOutput(id, kept);
        } else if (before.state === 'unknown' && before.worker === worker) {
          // Given up for lost, and now it speaks: the state stays, the record knows.
          view.record({
            type: 'approval.late-outcome',
            atMs: now,
            actor: `worker:${worker}`,
            approvalId: id,
            data: { outcome },
          });
        }
        return before.worker === worker;
      },
    });
    if (!isItsOwn) return;
    this.#stopAsked.delete(id);
    changes.forgetOutput(id);
    changes.announce(id);
  }

  onStop(id: string, stop: () => void): () => void {
    this.#stops.set(id, stop);
    if (this.#stopAsked.has(id)) stop();
    return () => {
      if (this.#stops.get(id) === stop) this.#stops.delete(id);
    };
  }

  /** Asks the worker of a running action to stop it; how that ended comes with `finish`. */
  requestStop(id: string): void {
    this.#stopAsked.add(id);
    this.#stops.get(id)?.();
  }
}
