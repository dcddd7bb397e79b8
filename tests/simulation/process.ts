// One control plane process: the real Interlock, Runs and Sweeper over a ledger and a queue that
// outlive it. Broken variants put a class of their own in place of one of them.
import { Interlock, type InterlockPorts } from '../../src/interlock/interlock.ts';
import { Runs } from '../../src/interlock/runs.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import type { MemoryQueue } from './memory-queue.ts';
import { APPROVERS, personOf } from './people.ts';
import type { Prng } from './prng.ts';
import type { Life, Scheduler } from './scheduler.ts';

export const EXPIRE_AFTER_MS = 120_000;
export const CLAIM_WITHIN_MS = 300_000;
export const LEASE_MS = 30_000;

/** The classes under test, or what is put in their place. */
export interface Parts {
  readonly Interlock: new (ports: InterlockPorts) => Interlock;
  readonly Runs: new (interlock: Interlock) => Runs;
  readonly Sweeper: new (interlock: Interlock) => Sweeper;
}

export const REAL_PARTS: Parts = { Interlock, Runs, Sweeper };

export interface ControlPlane extends Life {
  readonly slot: number;
  readonly interlock: Interlock;
  readonly runs: Runs;
  /** True once its first sweep is done and it serves. */
  serves: boolean;
}

export interface Surroundings {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly ledger: MemoryLedger;
  readonly queue: MemoryQueue;
  readonly judge: InterlockPorts['judge'];
  readonly parts: Parts;
}

/** Starts one; it serves as soon as its sweeper has put things right, and dies if that fails. */
export function startControlPlane(around: Surroundings, slot: number, life: number): ControlPlane {
  const { prng, scheduler, parts } = around;
  const name = `plane-${slot}.${life}`;
  const owner: Life = { name, alive: true };
  const interlock = new parts.Interlock({
    ledger: around.ledger.connect(owner),
    queue: around.queue.connect(owner),
    clock: scheduler.clockOf(owner),
    // Few ids, so that they collide now and then.
    random: (sizeBytes) => prng.bytes(sizeBytes).map((byte, at) => (at < 3 ? 0 : byte)),
    judge: around.judge,
    setting: {
      rules: {
        claimWithinMs: CLAIM_WITHIN_MS,
        leaseMs: LEASE_MS,
        selfApproval: false,
        samePerson: (one, other) => personOf(one) === personOf(other),
      },
      audience: () => [{ platform: 'telegram', chat: APPROVERS[0] }],
      expireAfterMs: EXPIRE_AFTER_MS,
    },
    outboxFilled: () => undefined,
    log: (line, error) => {
      const why = error instanceof Error ? `: ${error.message}` : '';
      scheduler.note(`${name}: log: ${line}${why}`);
    },
  });
  const plane: ControlPlane = Object.assign(owner, {
    slot,
    interlock,
    runs: new parts.Runs(interlock),
    serves: false,
  });
  const isGone = (worker: string) =>
    worker.startsWith(`plane-${slot}.`) && !worker.startsWith(`${name}/`);
  new parts.Sweeper(interlock).start(isGone).then(
    () => {
      plane.serves = true;
      scheduler.note(`${name}: serves`);
    },
    (error: unknown) => {
      scheduler.note(`${name}: does not start: ${String(error)}`);
      scheduler.crash(plane);
    },
  );
  return plane;
}
