// A ledger and a queue in memory (the simulation's), with everything that waits let go at once: for
// tests that are about one part and not about the order of effects.
import type { Effect } from '../../src/bus/messages.ts';
import { Interlock, type Submission } from '../../src/interlock/interlock.ts';
import type { Writes } from '../../src/interlock/ledger.ts';
import type { Judge } from '../../src/interlock/submission.ts';
import { MemoryLedger } from '../simulation/memory-ledger.ts';
import { MemoryQueue } from '../simulation/memory-queue.ts';
import { judgementOf } from '../simulation/people.ts';
import { Prng } from '../simulation/prng.ts';
import { type Life, Scheduler, settle } from '../simulation/scheduler.ts';
import type { Weather } from '../simulation/weather.ts';
import { FROZEN, REQUESTER, RULES } from './cases.ts';

export class Workbench {
  readonly prng = new Prng(1);
  readonly scheduler = new Scheduler(this.prng);
  readonly weather: Weather = {
    lostBeforeCommit: 0,
    lostAfterCommit: 0,
    conflict: 0,
    lostRead: 0,
    lostQueue: 0,
    deliveredTwice: 0,
    disaster: 0,
  };
  /** Every commit, as it was written. */
  readonly commits: Writes[] = [];
  readonly store = new MemoryLedger({
    prng: this.prng,
    scheduler: this.scheduler,
    weather: this.weather,
    witness: (_before, writes) => this.commits.push(writes),
    moment: () => null,
    alarm: (message) => {
      throw new Error(message);
    },
    faults: {},
  });
  readonly jobs = new MemoryQueue(this.prng, this.scheduler, this.weather);
  readonly life: Life = { name: 'workbench', alive: true };
  readonly ledger = this.store.connect(this.life);
  readonly queue = this.jobs.connect(this.life);
  readonly clock = this.scheduler.clockOf(this.life);
  readonly logged: string[] = [];
  effect: Effect = 'ask';
  judge: Judge = () => judgementOf(this.effect, 1);

  interlock(outboxFilled: () => void = () => undefined): Interlock {
    return new Interlock({
      ledger: this.ledger,
      queue: this.queue,
      clock: this.clock,
      random: (sizeBytes) => this.prng.bytes(sizeBytes),
      judge: (...asked) => this.judge(...asked),
      setting: {
        rules: RULES,
        audience: () => [{ platform: 'telegram', chat: '1' }],
        expireAfterMs: 1_800_000,
      },
      outboxFilled,
      log: (line) => this.logged.push(line),
    });
  }

  /** Lets everything happen that waits, and gives what the promise gives. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    promise.then(end, end);
    await settle();
    while (!ended && this.scheduler.waiting > 0) await this.scheduler.runOne();
    return promise;
  }

  /** Lets everything happen that waits. */
  async rest(): Promise<void> {
    await settle();
    while (this.scheduler.waiting > 0) await this.scheduler.runOne();
  }
}

export const SUBMISSION: Submission = {
  frozen: FROZEN,
  stdin: null,
  requester: REQUESTER,
  reason: null,
  origin: null,
  idempotencyKey: null,
  expireAfterMs: null,
};
