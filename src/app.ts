// Builds, joins, starts and stops the control plane: the one place where every part is known. What a
// part does is its own matter; here is only who hears whom.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepAnchor } from './audit/anchor.ts';
import { openKeyRing } from './audit/keys.ts';
import { openRecord } from './audit/read.ts';
import type { Adapter } from './bus/adapter.ts';
import { Bus } from './bus/bus.ts';
import type { Clock, RandomBytes } from './bus/clock.ts';
import { Limiter } from './bus/limiter.ts';
import type { Identity } from './bus/messages.ts';
import { Outbox } from './bus/outbox.ts';
import { createPeople, type People } from './bus/people.ts';
import { createChat } from './chat/commands.ts';
import { createRenderer } from './chat/deliveries.ts';
import { readCommand } from './chat/grammar.ts';
import type { Config } from './config/schema.ts';
import { announceGateway, socketPathFor } from './gateway/place.ts';
import { type Gateway, startGateway } from './gateway/server.ts';
import { createIntake } from './interlock/intake.ts';
import { Interlock } from './interlock/interlock.ts';
import { Runs } from './interlock/runs.ts';
import { createStoreLedger } from './interlock/store-ledger.ts';
import { Sweeper } from './interlock/sweep.ts';
import { createWorkspaces } from './interlock/workspaces.ts';
import type { Log } from './log.ts';
import {
  audienceOf,
  createAdapters,
  judgeNow,
  openTransport,
  openTruth,
  type Parts,
  personsOf,
  recordPolicyChanges,
  tokensOf,
  type Undo,
} from './parts.ts';
import { openPolicyBook, type PolicyBook } from './policies/book.ts';
import { createStatus, type Status } from './status.ts';
import { createCardIndex } from './store/cards.ts';
import { prepareDataFolder } from './store/folder.ts';
import { createInbox } from './store/inbox.ts';
import type { Store } from './store/open.ts';
import { createOutboxStore } from './store/outbox.ts';
import { instanceId } from './store/settings.ts';
import { openBubblewrap } from './workers/bubblewrap.ts';
import { startWorker } from './workers/worker.ts';

const LEASE_MS = 30_000;
const ANCHOR_EVERY_MS = 60_000;

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
  const { config, dataDir, log, clock, random } = options;
  const note = (line: string) => log.info(line);

  const store = await openTruth(options, undo);
  const keysPath = join(dataDir, 'audit-keys.json');
  const anchorPath = join(dataDir, 'audit-anchor.json');
  const keys = await openKeyRing(keysPath, random);
  const instance = await instanceId(store.db, Buffer.from(random(8)).toString('hex'));
  const queue = await openTransport(config, store, instance, note);
  undo.push(() => queue.close());
  const book = await openPolicyBook({
    path: config.policies ?? join(dataDir, 'policies.yaml'),
    log: note,
  });
  undo.push(() => book.close());

  const adapters = createAdapters(options);
  const people = createPeople(personsOf(config));
  const ledger = createStoreLedger(store.db, keys.current);
  let outbox: Outbox | null = null;
  const interlock = new Interlock({
    ledger,
    queue,
    clock,
    random,
    judge: (frozen, requester) => judgeNow(book, frozen.action, requester),
    setting: {
      rules: {
        claimWithinMs: config.approvals.claimWithin,
        leaseMs: LEASE_MS,
        selfApproval: config.approvals.selfApproval,
        samePerson: (one, other) => one === other,
      },
      audience: audienceOf(options, people),
      expireAfterMs: config.approvals.expireAfter,
    },
    outboxFilled: () => outbox?.wake(),
    log: (line, error) => log.warn(line, error),
  });
  const runs = new Runs(interlock);
  recordPolicyChanges(book, interlock, log);

  outbox = new Outbox({
    store: createOutboxStore(store.db),
    adapters: new Map(adapters.map((adapter) => [adapter.platform, adapter])),
    render: createRenderer(ledger),
    clock,
    log: (line, error) => log.warn(line, error),
  });
  const delivering = outbox;
  undo.push(() => delivering.stop());

  const sandbox = await openBubblewrap({
    stateDir: join(dataDir, 'sandbox'),
    readable: config.sandbox.readable,
    hidden: [dataDir],
    slots: config.workers.concurrency,
    env: { path: options.path },
    host: options.host,
    clock,
    log: note,
  });
  const status = createStatus({ options, store, queue, book, adapters, sandbox, ledger, clock });
  const intake = createIntake({
    findWorkspace: createWorkspaces(config.workspaces, join(dataDir, 'workspaces')),
    profile: config.sandbox.profile,
  });

  await interlock.record('control-plane.started', 'countersign:control-plane', {
    configuration: options.source,
    configDigest: options.configDigest,
    policyVersion: book.current().version,
  });
  const sweeper = new Sweeper(interlock);
  // In-process workers die with their process, and only one holds this data folder.
  await sweeper.start((worker) => worker.startsWith('local-'));
  undo.push(() => sweeper.stop());
  undo.push(
    keepAnchor({
      db: store.db,
      path: anchorPath,
      everyMs: ANCHOR_EVERY_MS,
      clock,
      failed: (error) => log.warn('the anchor of the record was not written', error),
    }),
  );

  const record = openRecord({ db: store.db, keysPath, anchorPath });
  const { tokens, firstToken } = await tokensOf(options, store);
  const gateway = await startGateway({
    ports: { interlock, runs, intake, book, people, clock, record, ...status },
    tokens,
    socketIdentity: `local:${options.host.userId}`,
    socketPath: await socketPathFor(dataDir, tmpdir(), options.host.userId),
    host: config.gateway.host,
    port: config.gateway.port,
    adapters,
    log: (line, error) => log.warn(line, error),
  });
  undo.push(() => gateway.close());

  if (options.withWorkers) {
    const worker = await startWorker({
      name: `local-${Buffer.from(random(4)).toString('hex')}`,
      queue,
      claims: runs,
      sandbox,
      limits: config.sandbox.limits,
      concurrency: config.workers.concurrency,
      clock,
      log: note,
    });
    undo.push(() => worker.stop());
  }

  const bus = joinBus(options, {
    interlock,
    intake,
    book,
    people,
    clock,
    random,
    status,
    store,
    adapters,
    outbox: delivering,
  });
  undo.push(() => bus.settled());
  await announceGateway(dataDir, gateway, process.pid);
  const { approvers } = people;
  await options.ready({ gateway, status: await status.status(), firstToken, approvers });
  // First what was taken in before, then anything new: no message is in both.
  await bus.resume();
  await startAdapters(adapters, bus, log, undo);
  outbox.wake();
}

interface BusParts {
  readonly interlock: Interlock;
  readonly intake: ReturnType<typeof createIntake>;
  readonly book: PolicyBook;
  readonly people: People;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly status: Status;
  readonly store: Store;
  readonly adapters: readonly Adapter[];
  readonly outbox: { wake(): void };
}

function joinBus({ config, log }: Parts, parts: BusParts): Bus {
  const { interlock, people, clock, store, adapters } = parts;
  const submissions = new Limiter(clock, config.limits.submissionsPerMinute);
  const decisions = new Limiter(clock, config.limits.decisionsPerMinute);
  const handle = createChat({
    ...parts,
    mayNow: (what, who) => (what === 'submit' ? submissions : decisions).take(who),
    showsWhole: (platform, card) =>
      adapters.find((adapter) => adapter.platform === platform)?.showsWhole(card) ?? false,
    approvalOfCard: createCardIndex(store.db),
    status: parts.status.status,
  });
  return new Bus({
    people,
    inbox: createInbox(store.db),
    clock,
    messagesPerMinute: config.limits.messagesPerMinute,
    isCommand: (text) => readCommand(text) !== null,
    handle,
    recordStranger: (message) =>
      interlock.record('chat.stranger-ignored', message.sender, {
        platform: message.from.platform,
        chat: message.from.chat,
        text: message.text.slice(0, 200).toWellFormed(),
      }),
    replied: () => parts.outbox.wake(),
    log: (line, error) => log.warn(line, error),
  });
}

// One dead channel never stops the others; a channel that cannot work as configured stops the start.
async function startAdapters(
  adapters: readonly Adapter[],
  bus: Bus,
  log: Log,
  undo: Undo[],
): Promise<void> {
  for (const adapter of adapters) {
    await adapter.start(bus.deliver);
    log.info(`${adapter.platform} is up`);
    undo.push(() => adapter.stop());
  }
}
