// Builds, joins, starts and stops the control plane: the one place where every part is known. What a
// part does is its own matter; here is only who hears whom.
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { registry } from './adapters/registry.ts';
import { keepAnchor } from './audit/anchor.ts';
import { openKeyRing } from './audit/keys.ts';
import type { Adapter } from './bus/adapter.ts';
import { Bus } from './bus/bus.ts';
import { type Clock, type RandomBytes, systemClock, systemRandom } from './bus/clock.ts';
import { Limiter } from './bus/limiter.ts';
import type { Identity } from './bus/messages.ts';
import { Outbox } from './bus/outbox.ts';
import { createPeople, type People, type Person } from './bus/people.ts';
import { createAudience } from './chat/audience.ts';
import { createChat } from './chat/commands.ts';
import { createRenderer } from './chat/deliveries.ts';
import { readCommand } from './chat/grammar.ts';
import type { Config } from './config/schema.ts';
import { announceGateway, socketPathFor } from './gateway/place.ts';
import { type Gateway, startGateway } from './gateway/server.ts';
import { configuredTokens, knownToken, makeFirstToken } from './gateway/tokens.ts';
import { createIntake } from './interlock/intake.ts';
import { Interlock } from './interlock/interlock.ts';
import { Runs } from './interlock/runs.ts';
import { createStoreLedger } from './interlock/store-ledger.ts';
import { Sweeper } from './interlock/sweep.ts';
import { createWorkspaces } from './interlock/workspaces.ts';
import type { Log } from './log.ts';
import { openPolicyBook, type PolicyBook } from './policies/book.ts';
import { judge } from './policies/judge.ts';
import { openQueue } from './queue/bullmq.ts';
import type { ActionQueue } from './queue/queue.ts';
import { createStatus, type Status } from './status.ts';
import { createCardIndex } from './store/cards.ts';
import { prepareDataFolder } from './store/folder.ts';
import { createInbox } from './store/inbox.ts';
import { lockFolder } from './store/lock.ts';
import { openStore, type Store } from './store/open.ts';
import { createOutboxStore } from './store/outbox.ts';
import { instanceId } from './store/settings.ts';
import { keepToken, keptTokens } from './store/tokens.ts';
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
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
}

export interface App {
  readonly gateway: Gateway;
  readonly interlock: Interlock;
  readonly status: Status;
  /** The approver token that was made just now, to be shown once; null otherwise. */
  readonly firstToken: string | null;
  readonly rules: number;
  stop(): Promise<void>;
}

/** Undone in reverse when starting fails, and at the end. */
type Undo = () => Promise<void> | void;

export async function startApp(options: AppOptions): Promise<App> {
  const undo: Undo[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    return { ...(await build(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: AppOptions, undo: Undo[]): Promise<Omit<App, 'stop'>> {
  const { config, dataDir, log } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const note = (line: string) => log.info(line);

  const store = await openTruth(options, undo);
  const keys = await openKeyRing(join(dataDir, 'audit-keys.json'), random);
  const instance = await instanceId(store.db, Buffer.from(random(8)).toString('hex'));
  const queue = await openTransport(config, store, instance, note);
  undo.push(() => queue.close());
  const book = await openPolicyBook({
    path: config.policies ?? join(dataDir, 'policies.yaml'),
    log: note,
  });
  undo.push(() => book.close());

  const adapters = createAdapters(options, clock);
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
      path: join(dataDir, 'audit-anchor.json'),
      everyMs: ANCHOR_EVERY_MS,
      clock,
      failed: (error) => log.warn('the anchor of the record was not written', error),
    }),
  );

  const { tokens, firstToken } = await tokensOf(options, store, random, clock);
  const gateway = await startGateway({
    ports: { interlock, runs, intake, book, people, clock, ...status },
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
  await startAdapters(adapters, bus, log, undo);
  await bus.resume();
  outbox.wake();
  await announceGateway(dataDir, gateway, process.pid);
  return { gateway, interlock, status, firstToken, rules: book.list().length };
}

async function openTruth({ config, dataDir, log }: AppOptions, undo: Undo[]): Promise<Store> {
  const note = (line: string) => log.info(line);
  const { url } = config.store;
  if (url === null) {
    const store = await openStore({ kind: 'folder', dataDir }, { log: note });
    undo.push(() => store.close());
    return store;
  }
  // Keys, socket and workspaces are in the folder all the same.
  await prepareDataFolder(dataDir, { log: note });
  const lock = await lockFolder(dataDir);
  undo.push(() => lock.release());
  const store = await openStore({ kind: 'postgres', url: url.reveal() }, { log: note });
  undo.push(() => store.close());
  return store;
}

function openTransport(
  config: Config,
  store: Store,
  name: string,
  log: (line: string) => void,
): Promise<ActionQueue> {
  const { url } = config.queue;
  const engine =
    url === null
      ? ({ kind: 'postgres', pool: store.queuePool } as const)
      : ({ kind: 'redis', url: url.reveal() } as const);
  return openQueue({ engine, name, log });
}

function createAdapters({ config, terminal, log }: AppOptions, clock: Clock): Adapter[] {
  const ports = { clock, log: (line: string) => log.warn(line) };
  const adapters: Adapter[] = terminal === null ? [] : [terminal];
  for (const [platform, entry] of Object.entries(registry)) {
    const chosen = config.adapters[platform as keyof typeof registry];
    if (chosen !== undefined) adapters.push(entry.create(chosen as never, ports));
  }
  return adapters;
}

function personsOf(config: Config): Person[] {
  return [
    ...config.approvers.map(({ id, roles }) => ({ id, roles: [...roles] })),
    ...config.requesters.map((id) => ({ id, roles: ['requester' as const] })),
  ];
}

function audienceOf({ config, terminal }: AppOptions, people: People) {
  const platforms = new Map(
    Object.entries(config.adapters).flatMap(([platform, chosen]) =>
      chosen === undefined ? [] : [[platform, chosen.chats] as const],
    ),
  );
  return createAudience({ platforms, approvers: people.approvers, terminal: terminal !== null });
}

function judgeNow(book: PolicyBook, action: Parameters<typeof judge>[0], requester: Identity) {
  return judge(action, book.current(), {
    requester,
    platform: requester.split(':', 1)[0] ?? '',
    cwd: action.cwd,
    home: homedir(),
  });
}

function recordPolicyChanges(book: PolicyBook, interlock: Interlock, log: Log): void {
  book.onChange(({ rules, problem }) => {
    if (problem !== null) log.warn(`the policy file is not in force as it stands: ${problem}`);
    interlock
      .record('policy.changed', 'countersign:policy', { version: rules.version, problem })
      .catch((error: unknown) => log.warn('a policy change is not on the record', error));
  });
}

async function tokensOf(options: AppOptions, store: Store, random: RandomBytes, clock: Clock) {
  const configured = configuredTokens(options.config.tokens);
  const kept = (await keptTokens(store.db)).map(knownToken);
  if (configured.length > 0 || kept.length > 0 || options.source !== null) {
    return { tokens: [...configured, ...kept], firstToken: null };
  }
  const first = makeFirstToken(random);
  await keepToken(store.db, first.kept, clock.now());
  return { tokens: [knownToken(first.kept)], firstToken: first.text };
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

function joinBus({ config, log }: AppOptions, parts: BusParts): Bus {
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
