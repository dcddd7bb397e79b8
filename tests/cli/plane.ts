// A real gateway over a real interlock, queue and embedded database, without the whole program: the
// test itself is the worker, so that it decides when what is printed.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAnchor } from '../../src/audit/anchor.ts';
import { openKeyRing } from '../../src/audit/keys.ts';
import { openRecord } from '../../src/audit/read.ts';
import { sha256Hex } from '../../src/bus/action.ts';
import type { ClaimAnswer, OutputChunk } from '../../src/bus/approval.ts';
import { systemClock, systemRandom } from '../../src/bus/clock.ts';
import { createPeople } from '../../src/bus/people.ts';
import { announceGateway } from '../../src/gateway/place.ts';
import { type Gateway, startGateway } from '../../src/gateway/server.ts';
import { toldOutput } from '../../src/guard/told-output.ts';
import { createIntake } from '../../src/interlock/intake.ts';
import { Interlock } from '../../src/interlock/interlock.ts';
import { PolicyEdits } from '../../src/interlock/policy-edits.ts';
import { createRulesInForce } from '../../src/interlock/rules-in-force.ts';
import { Runs } from '../../src/interlock/runs.ts';
import { createStoreLedger } from '../../src/interlock/store-ledger.ts';
import { Sweeper } from '../../src/interlock/sweep.ts';
import { createWorkspaces } from '../../src/interlock/workspaces.ts';
import { createMetrics } from '../../src/metrics.ts';
import { openPolicyBook, type PolicyBook } from '../../src/policies/book.ts';
import { judge } from '../../src/policies/judge.ts';
import { openQueue } from '../../src/queue/bullmq.ts';
import { openStore, type Store } from '../../src/store/open.ts';

export const APPROVER_TOKEN = 'approver-token-of-at-least-32-characters';
export const REQUESTER_TOKEN = 'requester-token-of-at-least-32-characters';

/** A claimed run in the hands of the test. */
export class WorkerRun {
  readonly id: string;
  readonly claim: Extract<ClaimAnswer, { claimed: true }>;
  readonly #runs: Runs;
  readonly #kept: OutputChunk[] = [];
  /** Resolves once somebody asked for a stop. */
  readonly stopAsked: Promise<void>;

  constructor(id: string, claim: Extract<ClaimAnswer, { claimed: true }>, runs: Runs) {
    this.id = id;
    this.claim = claim;
    this.#runs = runs;
    this.stopAsked = new Promise((resolve) => runs.onStop(id, resolve));
  }

  print(stream: OutputChunk['stream'], data: string | Uint8Array): void {
    const chunk = { stream, base64: Buffer.from(data as string).toString('base64') };
    this.#kept.push(chunk);
    this.#runs.progress(this.id, 'test', chunk);
  }

  /** False when the run is not this worker's any more. */
  beat(): Promise<boolean> {
    return this.#runs.heartbeat(this.id, 'test');
  }

  async finish(exitCode: number | null, detail = `exit code ${exitCode}`): Promise<void> {
    const outcome = { exitCode, detail, durationMs: 5, omittedBytes: 0, unenforced: [] };
    await this.#runs.finish(this.id, 'test', outcome, this.#kept);
  }
}

export interface Plane {
  readonly dataDir: string;
  readonly workspace: string;
  readonly tokenFile: string;
  readonly interlock: Interlock;
  readonly book: PolicyBook;
  readonly store: Store;
  /** The next run that a worker would get. */
  nextRun(): Promise<WorkerRun>;
  /** Takes the gateway away, as a killed control plane does, and brings it back. */
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  writeAnchor(): Promise<void>;
  /** Ends everything but the data folder. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Opens one in a folder of its own. */
export async function openPlane(): Promise<Plane> {
  const root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  const dataDir = join(root, 'data');
  const workspace = await mkdtemp(join(root, 'work-'));
  const tokenFile = join(root, 'token');
  await writeFile(tokenFile, `${APPROVER_TOKEN}\n`, { mode: 0o600 });
  const store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
  await chmod(dataDir, 0o700);
  const keysPath = join(dataDir, 'audit-keys.json');
  const anchorPath = join(dataDir, 'audit-anchor.json');
  const keys = await openKeyRing(keysPath, systemRandom);
  const log = () => undefined;
  const queue = await openQueue({
    engine: { kind: 'postgres', pool: store.queuePool },
    name: 'cli',
    log,
  });
  const book = await openPolicyBook({ path: join(dataDir, 'policies.yaml'), log });
  const ledger = createStoreLedger(store.db, keys.current);
  const inForce = createRulesInForce();
  const interlock = new Interlock({
    ledger,
    queue,
    clock: systemClock,
    random: systemRandom,
    judge: ({ action }, requester, grants) =>
      judge(action, inForce(book.current(), grants), {
        requester,
        platform: requester.split(':', 1)[0] ?? '',
        cwd: action.cwd,
        home: null,
      }),
    setting: {
      rules: {
        claimWithinMs: 60_000,
        leaseMs: 30_000,
        selfApproval: false,
        samePerson: (one, other) => one === other,
      },
      audience: () => [],
      expireAfterMs: 30 * 60_000,
    },
    outboxFilled: () => undefined,
    log,
  });
  return joined({
    root,
    dataDir,
    workspace,
    tokenFile,
    store,
    queue,
    book,
    interlock,
    keysPath,
    anchorPath,
  });
}

interface Joined {
  readonly root: string;
  readonly dataDir: string;
  readonly workspace: string;
  readonly tokenFile: string;
  readonly store: Store;
  readonly queue: Awaited<ReturnType<typeof openQueue>>;
  readonly book: PolicyBook;
  readonly interlock: Interlock;
  readonly keysPath: string;
  readonly anchorPath: string;
}

async function joined(parts: Joined): Promise<Plane> {
  const { root, dataDir, store, queue, book, interlock, keysPath, anchorPath } = parts;
  const runs = new Runs(interlock);
  const waiting: ((run: WorkerRun) => void)[] = [];
  const ready: WorkerRun[] = [];
  const sweeper = new Sweeper(interlock);
  await sweeper.start(() => false);
  const consumer = await queue.consume(
    async (id) => {
      const claim = await runs.claim(id, 'test');
      if (!claim.claimed) return;
      const run = new WorkerRun(id, claim, runs);
      const taker = waiting.shift();
      if (taker === undefined) ready.push(run);
      else taker(run);
    },
    { concurrency: 2 },
  );
  let gateway: Gateway | null = null;
  const start = async () => {
    gateway = await startGateway({
      ports: {
        interlock,
        runs,
        book,
        edits: new PolicyEdits(interlock, book, null),
        record: openRecord({ db: store.db, keysPath, anchorPath }),
        people: createPeople([{ id: 'console:local', roles: ['owner'] }]),
        clock: systemClock,
        intake: createIntake({
          findWorkspace: createWorkspaces([parts.workspace], join(dataDir, 'workspaces')),
          profile: 'moderate',
        }),
        metrics: createMetrics({ interlock, book }),
        toldOutput: (raw) => toldOutput(raw, []),
        notReady: async () => [],
        status: async () => ['0 pending, 0 released, 0 running', 'ok   store: here'],
      },
      tokens: [
        { name: 'alice', role: 'approver', sha256: sha256Hex(APPROVER_TOKEN) },
        { name: 'bot', role: 'requester', sha256: sha256Hex(REQUESTER_TOKEN) },
      ],
      socketIdentity: 'local:1000',
      socketPath: join(dataDir, 'gateway.sock'),
      host: '127.0.0.1',
      port: 0,
      adapters: [],
      log: () => undefined,
    });
    await announceGateway(dataDir, gateway, process.pid);
  };
  const stopGateway = async () => {
    await gateway?.close();
    gateway = null;
  };
  await start();
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await stopGateway();
    await consumer.close();
    await sweeper.stop();
    await book.close();
    await queue.close();
    await store.close();
  };
  return {
    ...parts,
    nextRun: () => {
      const run = ready.shift();
      if (run !== undefined) return Promise.resolve(run);
      return new Promise((resolve) => waiting.push(resolve));
    },
    stopGateway,
    startGateway: start,
    async writeAnchor() {
      await writeAnchor(store.db, anchorPath, -1);
    },
    stop,
    async close() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
