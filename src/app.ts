// Builds, joins, starts and stops the control plane: the one place where every part is known. What
// a part does is its own matter; here is only who hears whom.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepAnchor } from './audit/anchor.ts';
import { openKeyRing } from './audit/keys.ts';
import { openRecord } from './audit/read.ts';
import type { Adapter } from './bus/adapter.ts';
import type { Clock, RandomBytes } from './bus/clock.ts';
import type { Identity } from './bus/messages.ts';
import { Outbox } from './bus/outbox.ts';
import { createPeople } from './bus/people.ts';
import { createRenderer } from './chat/deliveries.ts';
import type { Config } from './config/schema.ts';
import { secretValues } from './config/secret-values.ts';
import { joinBus, startAdapters } from './conversation.ts';
import { announceGateway, socketPathFor } from './gateway/place.ts';
import { type Gateway, startGateway } from './gateway/server.ts';
import { toldOutput } from './guard/told-output.ts';
import { createIntake } from './interlock/intake.ts';
import { Interlock } from './interlock/interlock.ts';
import { Runs } from './interlock/runs.ts';
import { createStoreLedger } from './interlock/store-ledger.ts';
import { Sweeper } from './interlock/sweep.ts';
import { createWorkspaces } from './interlock/workspaces.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import {
  audienceOf,
  createAdapters,
  judgeBy,
  openTransport,
  openTruth,
  type Parts,
  personsOf,
  policyEdits,
  policyPath,
  recordPolicyChanges,
  tokensOf,
  type Undo,
} from './parts.ts';
import { openPolicyBook } from './policies/book.ts';
import { createStatus } from './status.ts';
import { prepareDataFolder } from './store/folder.ts';
import { createOutboxStore } from './store/outbox.ts';
import { instanceId } from './store/settings.ts';
import { openBubblewrap } from './workers/bubblewrap.ts';
import type { Sandbox } from './workers/sandbox.ts';
import { startWorker } from './workers/worker.ts';

const LEASE_MS = 30_000;
const ANCHOR_EVERY_MS = 60_000;
/** How the names of in-process workers begin. */
const OWN_WORKER = 'local-';

export interface AppOptions {
  readonly config: Config;
  /** The configuration file, null where there is none. */
  readonly source: string | null;
  readonly configDigest: string;
  readonly dataDir: string;
  /** The terminal as an adapter; null when it is not wanted. */
  readonly terminal: Adapter | null;
  readonly withWorkers: boolean;
  /** This process's user, group and processor. */
  readonly host: { readonly userId: number; readonly groupId: number; readonly arch: string };
  /** Where the host's programs are looked for. */
  readonly path: string;
  /** Opened once the data folder is ours: the log may lie in it. */
  readonly openLog: (file: string | null) => Log;
  readonly logFile: string | null;
  /** Somebody else has taken the store over: this control plane must end. */
  readonly onTakenOver: (why: string) => void;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Told what came up, before the chats (and the terminal's prompt) begin. */
  readonly ready: (parts: Ready) => Promise<void>;
}

export interface Ready {
  readonly gateway: Gateway;
  readonly status: readonly string[];
  /** The approver token that was made just now, to be shown once; null otherwise. */
  readonly firstToken: string | null;
  readonly approvers: readonly Identity[];
}

export interface App {
  stop(): Promise<void>;
}

export async function startApp(options: AppOptions): Promise<App> {
  const undo: Undo[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  const early: string[] = [];
  await prepareDataFolder(options.dataDir, { log: (line) => early.push(line) });
  const log = options.openLog(options.logFile);
  for (const line of early) log.info(line);
  try {
    await build({ ...options, log }, undo);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: Parts, undo: Undo[]): Promise<void> {
  const core = await openCore(options, undo);
  const { interlock, runs, people, adapters, outbox, store, book, edits } = core;
  const sandbox = await openSandbox(options);
  const status = createStatus({ ...core, options, sandbox, clock: options.clock });
  const intake = createIntake({
    findWorkspace: createWorkspaces(options.config.workspaces, join(options.dataDir, 'workspaces')),
    profile: options.config.sandbox.profile,
  });
  await beginRecord(options, core, undo);

  const { tokens, firstToken } = await tokensOf(options, store);
  const { userId } = options.host;
  const failed = (line: string, error?: unknown) => options.log.warn(line, error);
  const gateway = await startGateway({
    ports: {
      interlock,
      runs,
      intake,
      book,
      edits,
      people,
      clock: options.clock,
      ...status,
      metrics: createMetrics(core),
      toldOutput: (raw) => toldOutput(raw, secretValues(options.config)),
      record: core.record,
    },
    tokens,
    socketIdentity: `local:${userId}`,
    socketPath: await socketPathFor(options.dataDir, tmpdir(), userId),
    host: options.config.gateway.host,
    port: options.config.gateway.port,
    adapters,
    log: failed,
  });
  undo.push(() => gateway.close());
  if (options.withWorkers) await startOwnWorker(options, core, sandbox, undo);

  const bus = joinBus(options, {
    interlock,
    intake,
    edits,
    people,
    status,
    store,
    adapters,
    outbox,
  });
  undo.push(() => bus.settled());
  await announceGateway(options.dataDir, gateway, process.pid);
  const { approvers } = people;
  await options.ready({ gateway, status: await status.status(), firstToken, approvers });
  // First what was taken in before, then anything new: no message is in both.
  await bus.resume();
  await startAdapters(adapters, bus, options.log, undo);
  outbox.wake();
}

type Core = Awaited<ReturnType<typeof openCore>>;

/** What decides and keeps: the store, the queue, the rules, and the interlock over them. */
async function openCore(options: Parts, undo: Undo[]) {
  const { config, dataDir, log, clock, random } = options;
  const note = (line: string) => log.info(line);
  const store = await openTruth(options, undo);
  const keysPath = join(dataDir, 'audit-keys.json');
  const anchorPath = join(dataDir, 'audit-anchor.json');
  const keys = await openKeyRing(keysPath, random);
  const instance = await instanceId(store.db, Buffer.from(random(8)).toString('hex'));
  let sweeper: Sweeper | null = null;
  const queue = await openTransport(config, store, instance, note, () => void sweeper?.sweep());
  undo.push(() => queue.close());
  const book = await openPolicyBook({ path: policyPath(config, dataDir), log: note });
  undo.push(() => book.close());

  const adapters = createAdapters(options);
  const people = createPeople(personsOf(config));
  const ledger = createStoreLedger(store.db, keys.current);
  const outbox = new Outbox({
    store: createOutboxStore(store.db),
    adapters: new Map(adapters.map((adapter) => [adapter.platform, adapter])),
    render: createRenderer(
      ledger,
      async (approval) => edits.exactly(approval),
      secretValues(config),
    ),
    clock,
    log: (line, error) => log.warn(line, error),
  });
  undo.push(() => outbox.stop());
  const interlock = new Interlock({
    ledger,
    queue,
    clock,
    random,
    judge: judgeBy(book, config.guard),
    setting: settingOf(config, audienceOf(options, people)),
    outboxFilled: () => outbox.wake(),
    log: (line, error) => log.warn(line, error),
  });
  undo.push(() => interlock.jobs.settled());
  const edits = policyEdits(interlock, book, log);
  sweeper = new Sweeper(interlock);
  recordPolicyChanges(book, interlock, log);
  const record = openRecord({ db: store.db, keysPath, anchorPath });
  const runs = new Runs(interlock);
  return {
    store,
    queue,
    book,
    edits,
    adapters,
    people,
    ledger,
    outbox,
    interlock,
    runs,
    sweeper,
    record,
    anchorPath,
  };
}

function settingOf({ approvals }: Parts['config'], audience: ReturnType<typeof audienceOf>) {
  return {
    rules: {
      claimWithinMs: approvals.claimWithin,
      leaseMs: LEASE_MS,
      selfApproval: approvals.selfApproval,
      samePerson: (one: Identity, other: Identity) => one === other,
    },
    audience,
    expireAfterMs: approvals.expireAfter,
  };
}

/** The start goes on the record; then what time has done meanwhile, and the jobs, are put right. */
async function beginRecord(options: Parts, core: Core, undo: Undo[]): Promise<void> {
  const { interlock, sweeper, book, store, anchorPath } = core;
  await interlock.record('control-plane.started', 'countersign:control-plane', {
    configuration: options.source,
    configDigest: options.configDigest,
    policyVersion: book.current().version,
  });
  // In-process workers die with their process, and only one holds this data folder.
  await sweeper.start((worker) => worker.startsWith(OWN_WORKER));
  undo.push(() => sweeper.stop());
  undo.push(
    keepAnchor({
      db: store.db,
      path: anchorPath,
      everyMs: ANCHOR_EVERY_MS,
      clock: options.clock,
      failed: (error) => options.log.warn('the anchor of the record was not written', error),
    }),
  );
}

function openSandbox({ config, source, dataDir, path, host, clock, log }: Parts) {
  return openBubblewrap({
    stateDir: join(dataDir, 'sandbox'),
    readable: config.sandbox.readable,
    hidden: [dataDir],
    // An action must not be able to edit the rules that judge the next one.
    hiddenFiles: [...(source === null ? [] : [source]), policyPath(config, dataDir)],
    slots: config.workers.concurrency,
    env: { path },
    host,
    clock,
    log: (line) => log.info(line),
  });
}

async function startOwnWorker(options: Parts, core: Core, sandbox: Sandbox, undo: Undo[]) {
  const { config, clock, random, log } = options;
  const worker = await startWorker({
    name: `${OWN_WORKER}${Buffer.from(random(4)).toString('hex')}`,
    queue: core.queue,
    claims: core.runs,
    sandbox,
    limits: config.sandbox.limits,
    concurrency: config.workers.concurrency,
    clock,
    log: (line) => log.info(line),
  });
  undo.push(() => worker.stop());
}
