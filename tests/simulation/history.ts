// One history from one seed: some 20 to 60 things happen with their effects in any order, then a
// quiet time in which everything must come to its end, then the last checks.
import { signHead } from '../../src/audit/chain.ts';
import { verifyRecord } from '../../src/audit/verify.ts';
import { type Approval, FINAL_STATES } from '../../src/bus/approval.ts';
import { recordKey, recordKeys } from './keys.ts';
import { APPROVERS } from './people.ts';
import { settle } from './scheduler.ts';
import { calm } from './weather.ts';
import { type Variant, World } from './world.ts';

export interface History {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Things that happened from outside, and effects that they had. */
  readonly happenings: number;
  readonly effects: number;
  readonly approvals: number;
  readonly entries: number;
  /** Actions that grants released. */
  readonly grantUses: number;
  readonly trace: readonly string[];
}

const MOST_EFFECTS = 20_000;
/** The sweep's own interval, with some room for it to be over. */
const QUIET_STEP_MS = 61_000;
const QUIET_STEPS = 40;

export async function runHistory(seed: number, variant: Variant = {}): Promise<History> {
  const world = new World(seed, variant);
  const { prng, scheduler, observer, ledger } = world;
  const count = 20 + prng.below(41);
  let happenings = 0;
  let effects = 0;
  let anchor = null;
  await settle();
  // Most begin with processes that serve; the others are asked while they start.
  if (prng.chance(0.9)) effects += await pump(world);
  while (happenings < count && observer.violations.length === 0) {
    if (scheduler.waiting > 0 && prng.chance(0.75)) {
      await scheduler.runOne();
      effects += 1;
      continue;
    }
    world.happen();
    happenings += 1;
    await settle();
    if (ledger.head !== null && prng.chance(0.05)) anchor = signHead(ledger.head, recordKey);
  }
  if (observer.violations.length === 0) effects += await quiet(world);
  if (observer.violations.length === 0) await lastChecks(world, anchor);
  return {
    seed,
    violations: observer.violations,
    happenings,
    effects,
    approvals: ledger.approvals.size,
    entries: observer.entries,
    grantUses: [...observer.cases.values()].filter(({ grants }) => grants.length > 0).length,
    trace: scheduler.trace,
  };
}

/** Nothing fails any more, workers are there, nobody decides: everything must end. */
async function quiet(world: World): Promise<number> {
  const { scheduler, observer, ledger, weather } = world;
  calm(weather);
  scheduler.note('it is quiet from now on');
  let effects = await pump(world);
  const mustRun = released(world);
  for (let step = 0; step < QUIET_STEPS && ledger.live().length > 0; step += 1) {
    scheduler.advance(QUIET_STEP_MS);
    for (let round = 0; round < 3; round += 1) {
      effects += await pump(world);
      world.workers.takeAll();
      world.workers.finishAll();
    }
  }
  for (const { id, state } of ledger.live()) {
    observer.violate('I8', `${id} is ${state} for ever`);
  }
  for (const id of mustRun) {
    const state = ledger.approvals.get(id)?.state ?? 'gone';
    if (!['succeeded', 'failed'].includes(state)) {
      observer.violate('I8', `${id} was released, nothing was in its way, and it is ${state}`);
    }
  }
  return effects;
}

/** What is released, is in nobody's way, and has time enough for two sweeps. */
function released({ ledger, rules, observer, scheduler, planes }: World): string[] {
  if (observer.lockedDown || planes.some((plane) => !plane?.serves)) return [];
  const untilMs = scheduler.now() + 3 * QUIET_STEP_MS;
  return [...ledger.approvals.values()]
    .filter(({ state, expiresAt }) => state === 'approved' && expiresAt > untilMs)
    .filter(({ id }) => {
      const known = observer.cases.get(id);
      if (known === undefined) return false;
      const { command, grants, decisions } = known;
      const effects = [scheduler.now(), untilMs].map((atMs) =>
        observer.grants.effect(command, rules.get(command)?.effect, atMs),
      );
      if (effects.includes('deny')) return false;
      if (decisions[0]?.kind !== 'allowed') return true;
      // A grant that asks may end before the claim, and what it stops is stopped for good.
      if (rules.get(command)?.effect === 'allow') return !effects.includes('ask');
      return [scheduler.now(), untilMs].every((atMs) =>
        observer.grants.stillReleases(command, grants, atMs),
      );
    })
    .map(({ id }) => id);
}

/** Everything that waits happens, until nothing waits; processes that are down come back. */
async function pump(world: World): Promise<number> {
  const { scheduler, observer } = world;
  world.startMissing();
  await settle();
  let effects = 0;
  while (scheduler.waiting > 0) {
    await scheduler.runOne();
    effects += 1;
    if (effects > MOST_EFFECTS) {
      observer.violate('I8', 'it never comes to rest');
      return effects;
    }
  }
  return effects;
}

async function lastChecks(world: World, anchor: Parameters<typeof verifyRecord>[2]): Promise<void> {
  const { ledger, observer, answers } = world;
  const verified = await verifyRecord(ledger.entries, ledger.head, anchor, recordKeys);
  if (!verified.ok) observer.violate('I5', `the record does not verify: ${verified.detail}`);
  else if (verified.entries !== observer.entries) observer.violate('I5', 'entries were lost');
  for (const [id, digest] of answers.submissions) {
    if (ledger.approvals.get(id)?.frozen.digest !== digest) {
      observer.violate('I8', `${id} was acknowledged and is lost`);
    }
  }
  for (const { id, kind, actor } of answers.decisions) {
    const known = observer.cases.get(id)?.decisions;
    if (!known?.some((decision) => decision.kind === kind && decision.actor === actor)) {
      observer.violate('I8', `${id}: the acknowledged decision of ${actor} is lost`);
    }
  }
  for (const approval of ledger.approvals.values()) ended(world, approval);
  for (const [key, uses] of observer.grants.uses) {
    const counted = ledger.ruleUses.get(key)?.uses ?? 0;
    if (counted !== uses) observer.violate('I5', `${key}: ${counted} uses, not ${uses}`);
  }
}

/** It has come to its end, the record says so, and those who must hear of it will. */
function ended({ ledger, observer }: World, approval: Approval): void {
  const { id, state, origin, judgement } = approval;
  const known = observer.cases.get(id);
  if (!FINAL_STATES.has(state) || known?.state !== state) {
    observer.violate('I5', `${id} is ${state}, its record says ${known?.state}`);
  }
  if (state === 'denied') return;
  const sent = (kind: string, chat: string) => ledger.outbox.has(`${kind}:${id}:telegram:${chat}`);
  if (judgement.effect === 'ask' && !sent('card', APPROVERS[0])) {
    observer.violate('I8', `${id} was asked and nobody was shown it`);
  }
  if (origin !== null && !sent('result', origin.chat)) {
    observer.violate('I8', `${id} is ${state} and its requester is not told`);
  }
  if (state === 'unknown' && !sent('page', APPROVERS[0])) {
    observer.violate('I8', `${id} is unknown and nobody was paged`);
  }
}
