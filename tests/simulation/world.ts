// Everything in one history, and what may happen in it next: people ask and answer, workers take
// and die, rules change, clocks jump, processes are killed. The seed chooses.
import type { GrantTerms } from '../../src/bus/grant.ts';
import type { Effect } from '../../src/bus/messages.ts';
import type { DecisionRequest, Submission } from '../../src/interlock/interlock.ts';
import { Answers } from './answers.ts';
import { type LedgerFaults, MemoryLedger } from './memory-ledger.ts';
import { MemoryQueue } from './memory-queue.ts';
import { Observer, type RulesThen } from './observer.ts';
import {
  ACTIONS,
  APPROVERS,
  judgeSimulated,
  nameOf,
  patternOf,
  REQUESTERS,
  STDIN,
} from './people.ts';
import { Prng } from './prng.ts';
import { type ControlPlane, type Parts, REAL_PARTS, startControlPlane } from './process.ts';
import { Scheduler } from './scheduler.ts';
import { drawWeather, type Weather } from './weather.ts';
import { Workers } from './workers.ts';

/** What is put in place of the real thing, to see whether it is caught. */
export interface Variant {
  readonly parts?: Partial<Parts>;
  readonly ledger?: LedgerFaults;
}

/** One of the grants that people give: most allow something, a few times or for a while. */
function drawTerms(prng: Prng, now: number): GrantTerms {
  const effect = prng.one<Effect>(['allow', 'allow', 'allow', 'allow', 'ask', 'deny']);
  const usesLeft = effect === 'allow' && prng.chance(0.7) ? 1 + prng.below(3) : null;
  const isTimed = usesLeft === null || prng.chance(0.5);
  return {
    effect,
    pattern: patternOf(prng.one(ACTIONS)),
    in: null,
    from: null,
    on: null,
    approvals: effect === 'ask' && prng.chance(0.3) ? 2 : 1,
    dangerous: false,
    reason: null,
    expiresAt: isTimed ? now + prng.one([5_000, 20_000, 60_000, 400_000]) : null,
    usesLeft,
    origin: null,
  };
}

export class World {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly observer = new Observer();
  readonly answers = new Answers(this.observer);
  readonly ledger: MemoryLedger;
  readonly queue: MemoryQueue;
  readonly workers: Workers;
  readonly planes: (ControlPlane | null)[];
  rules: Map<string, { effect: Effect; approvals: number }>;
  readonly #parts: Parts;
  readonly #submissions: Submission[] = [];
  readonly #requests: DecisionRequest[] = [];
  #lives = 0;
  #keys = 0;

  constructor(seed: number, variant: Variant) {
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(this.prng);
    this.weather = drawWeather(this.prng);
    this.rules = new Map();
    for (const action of ACTIONS) this.#changeRule(nameOf(action));
    this.ledger = new MemoryLedger({
      prng: this.prng,
      scheduler: this.scheduler,
      weather: this.weather,
      witness: (before, writes, rules) =>
        this.observer.committed(before, writes, rules as RulesThen),
      moment: () => new Map([...this.rules].map(([command, { effect }]) => [command, effect])),
      alarm: (message) => this.observer.violate('I2', message),
      faults: variant.ledger ?? {},
    });
    this.queue = new MemoryQueue(this.prng, this.scheduler, this.weather);
    this.workers = new Workers(this);
    this.#parts = { ...REAL_PARTS, ...variant.parts };
    this.planes = this.prng.chance(0.4) ? [null, null] : [null];
    for (const slot of this.planes.keys()) this.start(slot);
  }

  /** A control plane that answers, if there is one. */
  plane(): ControlPlane | undefined {
    return this.prng.pick(this.planes.filter((plane) => plane?.alive && plane.serves)) ?? undefined;
  }

  start(slot: number): void {
    this.#lives += 1;
    this.planes[slot] = startControlPlane(
      {
        prng: this.prng,
        scheduler: this.scheduler,
        ledger: this.ledger,
        queue: this.queue,
        judge: (frozen, _requester, grants) =>
          judgeSimulated(frozen, this.rules.get(nameOf(frozen)), grants),
        parts: this.#parts,
      },
      slot,
      this.#lives,
    );
  }

  startMissing(): void {
    for (const [slot, plane] of this.planes.entries()) if (!plane?.alive) this.start(slot);
  }

  /** One thing happens from outside. */
  happen(): void {
    const disaster = this.weather.disaster;
    const choices: readonly (readonly [weight: number, act: () => void])[] = [
      [16, () => this.#submit(this.#newSubmission())],
      [3, () => this.#again(this.#submissions, (one) => this.#submit(one))],
      [16, () => this.#decide(this.#newRequest())],
      [4, () => this.#again(this.#requests, (one) => this.#decide(one))],
      [2, () => this.#cancel()],
      [24, () => this.workers.take()],
      [14, () => this.workers.goOn()],
      [4, () => this.#changeRule(nameOf(this.prng.one(ACTIONS)))],
      [5, () => this.#grant()],
      [2, () => this.#revokeGrant()],
      [this.observer.lockedDown ? 5 : 2, () => this.#turnLockdown()],
      [7, () => this.#timePasses()],
      [1.5 * disaster, () => this.scheduler.jump((this.prng.below(7) - 3) * 100_000)],
      [4 * disaster, () => this.#kill()],
      [2 * disaster, () => this.workers.die()],
      [1.5 * disaster, () => this.queue.flush()],
      [8, () => this.startMissing()],
    ];
    let drawn = this.prng.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, act] of choices) {
      drawn -= weight;
      if (drawn >= 0) continue;
      act();
      return;
    }
  }

  #newSubmission(): Submission {
    const grant = this.prng.chance(0.4) ? this.prng.pick([...this.ledger.grants.values()]) : null;
    const granted = ACTIONS.filter((action) => grant?.pattern === patternOf(action));
    const frozen = this.prng.pick(granted) ?? this.prng.one(ACTIONS);
    if (this.prng.chance(0.7)) this.#keys += this.prng.chance(0.9) ? 1 : 0;
    return {
      frozen,
      stdin: frozen.action.stdinDigest === null ? null : STDIN,
      requester: this.prng.one(REQUESTERS),
      reason: null,
      origin: this.prng.chance(0.5) ? { platform: 'telegram', chat: '77', ref: '5' } : null,
      idempotencyKey: this.prng.chance(0.6) ? `key-${this.#keys}` : null,
      expireAfterMs: this.prng.chance(0.1) ? 10_000 : null,
    };
  }

  #submit(submission: Submission): void {
    this.#submissions.push(submission);
    const plane = this.plane();
    if (plane === undefined) return;
    this.scheduler.note(`${submission.requester} submits ${nameOf(submission.frozen)}`);
    plane.interlock.submit(submission).then(
      (answer) => this.answers.submitted(submission, answer),
      (error: unknown) => this.#told(submission.requester, error),
    );
  }

  #newRequest(): DecisionRequest {
    return {
      id: this.#someId() ?? '00000',
      verdict: this.prng.chance(0.85) ? 'approve' : 'reject',
      actor: this.prng.one(APPROVERS),
      reason: null,
      via: null,
    };
  }

  #decide(request: DecisionRequest): void {
    this.#requests.push(request);
    const plane = this.plane();
    if (plane === undefined) return;
    const asked = this.answers.ask(request.id);
    this.scheduler.note(`${request.actor}: ${request.verdict} ${request.id}`);
    plane.interlock.decide(request).then(
      (answer) => this.answers.decided(request, answer, asked),
      (error: unknown) => this.#told(request.actor, error),
    );
  }

  #cancel(): void {
    const id = this.#someId();
    const plane = this.plane();
    if (plane === undefined || id === undefined) return;
    const requester = this.ledger.approvals.get(id)?.requester ?? REQUESTERS[0];
    const actor = this.prng.chance(0.8) ? requester : this.prng.one(REQUESTERS);
    const asked = this.answers.ask(id);
    this.scheduler.note(`${actor}: cancels ${id}`);
    plane.interlock.cancel(id, actor, null).then(
      (answer) => this.answers.cancelled(id, actor, answer, asked),
      (error: unknown) => this.#told(actor, error),
    );
  }

  #turnLockdown(): void {
    const plane = this.plane();
    if (plane === undefined) return;
    const failed = (error: unknown) => this.#told(APPROVERS[0], error);
    this.scheduler.note(this.observer.lockedDown ? 'unlock' : 'lockdown');
    if (this.observer.lockedDown) {
      plane.interlock.unlock(APPROVERS[0]).catch(failed);
      return;
    }
    if (this.prng.chance(0.4)) {
      // Revokes nothing: what is released already, the claim alone must hold back.
      const lockdown = { actor: APPROVERS[0], atMs: this.scheduler.now(), reason: 'from outside' };
      this.ledger.lockFromOutside(plane, lockdown);
      return;
    }
    const unlocks = this.observer.unlocks;
    plane.interlock.lockDown(APPROVERS[0], null).then(() => {
      const left = [...this.ledger.approvals.values()].find(({ state }) => state === 'approved');
      if (left === undefined || this.observer.unlocks !== unlocks) return;
      this.observer.violate('I4', `${left.id} is still released after the lockdown`);
    }, failed);
  }

  #changeRule(command: string): void {
    const effect = this.prng.one<Effect>(['ask', 'ask', 'ask', 'allow', 'deny']);
    const approvals = this.prng.chance(0.25) ? 2 : 1;
    this.rules.set(command, { effect, approvals });
    this.scheduler.note(`from now on ${effect} ${command}`);
  }

  #grant(): void {
    const plane = this.plane();
    if (plane === undefined) return;
    const terms = drawTerms(this.prng, this.scheduler.now());
    this.scheduler.note(`grant ${terms.effect} ${terms.pattern}`);
    plane.interlock.grant(APPROVERS[0], terms).then(
      (answer) => {
        if (!answer.ok) return this.scheduler.note(`no grant: ${answer.why}`);
        if (this.observer.grants.standing(answer.grant.id) !== 'unknown') return;
        this.observer.violate('I8', `${answer.grant.id} was acknowledged and is lost`);
      },
      (error: unknown) => this.#told(APPROVERS[0], error),
    );
  }

  #revokeGrant(): void {
    const plane = this.plane();
    const id = this.prng.pick([...this.ledger.grants.keys()]);
    if (plane === undefined || id === undefined) return;
    this.scheduler.note(`revoke ${id}`);
    plane.interlock.revokeGrant(id, APPROVERS[0]).then(
      (revoked) => {
        if (revoked === null || this.observer.grants.standing(id) === 'over') return;
        this.observer.violate('I8', `${id} was said to be revoked and stands`);
      },
      (error: unknown) => this.#told(APPROVERS[0], error),
    );
  }

  #timePasses(): void {
    const byMs = this.prng.one([1, 200, 200, 4000, 4000, 11_000, 11_000, 31_000, 61_000, 125_000]);
    this.scheduler.note(`${byMs} ms pass`);
    this.scheduler.advance(byMs);
  }

  #kill(): void {
    const plane = this.prng.pick(this.planes);
    if (!plane?.alive) return;
    this.scheduler.note(`kill -9 ${plane.name}`);
    this.scheduler.crash(plane);
    this.workers.lost(plane);
  }

  #again<T>(earlier: readonly T[], act: (one: T) => void): void {
    const one = this.prng.pick(earlier);
    if (one !== undefined) act(one);
  }

  // Those that wait mostly; all others get their late and needless answers too.
  #someId(): string | undefined {
    const ids = [...this.ledger.approvals.keys()];
    const pending = ids.filter((id) => this.ledger.approvals.get(id)?.state === 'pending');
    return this.prng.pick(this.prng.chance(0.6) && pending.length > 0 ? pending : ids);
  }

  #told(who: string, error: unknown): void {
    this.scheduler.note(`${who} is told: ${error instanceof Error ? error.message : 'failed'}`);
  }
}
