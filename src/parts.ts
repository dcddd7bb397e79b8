// Makes the parts that the configuration chooses: which store, queue, chats, people and tokens.
// Each function reads the configuration and opens one thing; app.ts joins them.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { registry } from './adapters/registry.ts';
import type { AppOptions } from './app.ts';
import type { Adapter } from './bus/adapter.ts';
import type { People, Person } from './bus/people.ts';
import { createAudience } from './chat/audience.ts';
import { proposalCard } from './chat/rule-cards.ts';
import type { Config } from './config/schema.ts';
import { secretValues } from './config/secret-values.ts';
import { configuredTokens, knownToken, makeFirstToken } from './gateway/tokens.ts';
import { type GuardOptions, guarded, patternObjection } from './guard/guarded.ts';
import { cardMarks } from './guard/told-output.ts';
import { Proposals } from './interlock/exact-grants.ts';
import type { Interlock } from './interlock/interlock.ts';
import { PolicyEdits } from './interlock/policy-edits.ts';
import { createRulesInForce } from './interlock/rules-in-force.ts';
import type { Judge } from './interlock/submission.ts';
import type { Log } from './log.ts';
import type { PolicyBook } from './policies/book.ts';
import { judge } from './policies/judge.ts';
import { openQueue } from './queue/bullmq.ts';
import type { ActionQueue } from './queue/queue.ts';
import { lockFolder } from './store/lock.ts';
import { openStore, type Store } from './store/open.ts';
import { keepToken, keptTokens } from './store/tokens.ts';

/** Shorter tokens are taken (16 characters at least) and complained about. */
const GOOD_TOKEN_CHARS = 32;

/** The options with the log that they opened. */
export type Parts = AppOptions & { readonly log: Log };

/** Undone in reverse when starting fails, and at the end. */
export type Undo = () => Promise<void> | void;

export async function openTruth(options: Parts, undo: Undo[]): Promise<Store> {
  const { config, dataDir, onTakenOver } = options;
  const note = (line: string) => options.log.info(line);
  const { url } = config.store;
  if (url === null) {
    const store = await openStore({ kind: 'folder', dataDir }, { log: note });
    undo.push(() => store.close());
    return store;
  }
  // Keys, socket and workspaces are in the folder all the same.
  const lock = await lockFolder(dataDir);
  undo.push(() => lock.release());
  const place = { kind: 'postgres', url: url.reveal() } as const;
  const store = await openStore(place, { log: note, onTakenOver });
  undo.push(() => store.close());
  return store;
}

/** The file of the rules: the configured one, or the data folder's own. */
export function policyPath({ policies }: Config, dataDir: string): string {
  return policies ?? join(dataDir, 'policies.yaml');
}

export function openTransport(
  config: Config,
  store: Store,
  name: string,
  log: (line: string) => void,
  onLost: () => void,
): Promise<ActionQueue> {
  const { url } = config.queue;
  const engine =
    url === null
      ? ({ kind: 'postgres', pool: store.queuePool } as const)
      : ({ kind: 'redis', url: url.reveal() } as const);
  return openQueue({ engine, name, log, onLost });
}

export function createAdapters({ config, terminal, log, clock }: Parts): Adapter[] {
  const marks = cardMarks(secretValues(config));
  const ports = { clock, log: (line: string) => log.warn(line), marks };
  const adapters: Adapter[] = terminal === null ? [] : [terminal];
  for (const [platform, entry] of Object.entries(registry)) {
    const chosen = config.adapters[platform as keyof typeof registry];
    if (chosen !== undefined) adapters.push(entry.create(chosen as never, ports));
  }
  return adapters;
}

export function personsOf(config: Config): Person[] {
  return [
    ...config.approvers.map(({ id, roles }) => ({ id, roles: [...roles] })),
    ...config.requesters.map((id) => ({ id, roles: ['requester' as const] })),
  ];
}

export function audienceOf({ config, terminal }: AppOptions, people: People) {
  const platforms = new Map(
    Object.entries(config.adapters).flatMap(([platform, chosen]) =>
      chosen === undefined ? [] : [[platform, chosen.chats] as const],
    ),
  );
  return createAudience({ platforms, approvers: people.approvers, terminal: terminal !== null });
}

/** What the rules of the file, as they are now, the grants given and the guard say of an action. */
export function judgeBy(book: PolicyBook, guard: GuardOptions): Judge {
  const inForce = createRulesInForce();
  return ({ action }, requester, grants, reason) => {
    const judgement = judge(action, inForce(book.current(), grants), {
      requester,
      platform: requester.split(':', 1)[0] ?? '',
      cwd: action.cwd,
      home: homedir(),
    });
    return guarded(judgement, { action, reason }, guard);
  };
}

/** What people may change about the policies, and what is proposed to them in the chats. */
export function policyEdits(interlock: Interlock, book: PolicyBook, log: Log): PolicyEdits {
  const edits = new PolicyEdits(interlock, book, homedir());
  edits.objection = patternObjection;
  const failed = (error: unknown) => log.warn('looking for a rule to propose failed', error);
  const proposals = new Proposals(edits, proposalCard);
  edits.approved = (approval) => void proposals.after(approval).catch(failed);
  return edits;
}

export function recordPolicyChanges(book: PolicyBook, interlock: Interlock, log: Log): void {
  book.onChange(({ rules, problem }) => {
    if (problem !== null) log.warn(`the policy file is not in force as it stands: ${problem}`);
    interlock
      .record('policy.changed', 'countersign:policy', { version: rules.version, problem })
      .catch((error: unknown) => log.warn('a policy change is not on the record', error));
  });
}

/**
 * The tokens of the gateway. Where the configuration names no token and no chat platform, one
 * approver token is made at the first start: otherwise only this terminal could approve.
 */
export async function tokensOf({ config, random, clock, log }: Parts, store: Store) {
  for (const { name, secret } of config.tokens) {
    if (secret.reveal().length >= GOOD_TOKEN_CHARS) continue;
    log.warn(`the token ${name} is short: \`openssl rand -hex 32\` makes a better one`);
  }
  const configured = configuredTokens(config.tokens);
  const kept = (await keptTokens(store.db)).map(knownToken);
  const saysNothing = configured.length === 0 && chosenPlatforms(config).length === 0;
  if (!saysNothing || kept.length > 0)
    return { tokens: [...configured, ...kept], firstToken: null };
  const first = makeFirstToken(random);
  await keepToken(store.db, first.kept, clock.now());
  return { tokens: [knownToken(first.kept)], firstToken: first.text };
}

function chosenPlatforms(config: Config) {
  return Object.values(config.adapters).filter((chosen) => chosen !== undefined);
}
