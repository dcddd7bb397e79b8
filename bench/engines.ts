// The engines that are measured: the embedded store alone, and Redis with the embedded store. Each
// is a fresh folder, a fresh server, removed afterwards.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { freezeAction } from '../src/bus/action.ts';
import type { Approval } from '../src/bus/approval.ts';
import { systemClock, systemRandom } from '../src/bus/clock.ts';
import type { Judgement } from '../src/bus/messages.ts';
import { Interlock, type Submission } from '../src/interlock/interlock.ts';
import { createStoreLedger } from '../src/interlock/store-ledger.ts';
import { openQueue } from '../src/queue/bullmq.ts';
import type { ActionQueue } from '../src/queue/queue.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { makeDataDir, startPostgres, startRedis } from '../tests/services.ts';

export type EngineName = 'pglite' | 'redis' | 'redis + postgres';

export interface Engine {
  readonly name: EngineName;
  readonly store: Store;
  /** How BullMQ reaches the engine: for the bare rival. */
  readonly redisUrl: string | null;
  openQueue(name: string): Promise<ActionQueue>;
  close(): Promise<void>;
}

export async function openEngine(name: EngineName): Promise<Engine> {
  const dataDir = await makeDataDir();
  const redis = name === 'pglite' ? null : await startRedis();
  const postgres = name === 'redis + postgres' ? await startPostgres() : null;
  const log = () => undefined;
  const store = await openStore(
    postgres === null ? { kind: 'folder', dataDir } : { kind: 'postgres', url: postgres.url },
    { log },
  );
  return {
    name,
    store,
    redisUrl: redis?.url ?? null,
    openQueue: (queue) =>
      openQueue({
        engine:
          redis === null
            ? { kind: 'postgres', pool: store.queuePool }
            : { kind: 'redis', url: redis.url },
        name: queue,
        log,
      }),
    async close() {
      await store.close();
      await redis?.stop();
      await postgres?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const ASK: Judgement = {
  effect: 'ask',
  approvals: 1,
  understood: true,
  commands: [{ words: ['uname', '-a'], effect: 'ask', rule: null, reason: 'no rule' }],
  reasons: ['no rule matches: uname -a'],
  warnings: [],
  // A rule decided it, and its use is counted.
  used: ['0123456789abcdef'],
  findings: [],
  policyVersion: 'bench',
};

/** An interlock as the program builds it, except that every action is asked without parsing. */
export function openInterlock(engine: Engine, queue: ActionQueue): Interlock {
  const key = { id: 'bench', secret: randomBytes(32) };
  return new Interlock({
    ledger: createStoreLedger(engine.store.db, key),
    queue,
    clock: systemClock,
    random: systemRandom,
    judge: () => ASK,
    setting: {
      rules: {
        claimWithinMs: 600_000,
        leaseMs: 30_000,
        selfApproval: false,
        samePerson: (one, other) => one === other,
      },
      audience: () => [],
      expireAfterMs: 1_800_000,
    },
    outboxFilled: () => undefined,
    log: (line, error) => console.error(line, error),
  });
}

export function submission(number: number): Submission {
  return {
    frozen: freezeAction({
      kind: 'exec',
      argv: ['uname', '-a', String(number)],
      cwd: '/tmp',
      env: {},
      stdinDigest: null,
      sandbox: 'moderate',
    }),
    stdin: null,
    requester: 'bench:requester',
    reason: null,
    origin: null,
    idempotencyKey: null,
    expireAfterMs: null,
  };
}

/** Approves, or throws when that was not possible. */
export async function approve(interlock: Interlock, { id }: Approval): Promise<void> {
  const answer = await interlock.decide({
    id,
    verdict: 'approve',
    actor: 'bench:approver',
    reason: null,
    via: null,
  });
  if (answer.kind !== 'decided') throw new Error(`not approved: ${answer.kind}`);
}
