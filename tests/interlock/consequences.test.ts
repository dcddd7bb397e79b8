// Who hears of what: cards where approvers look, results where it was asked and where it was
// approved, a page when nobody knows how it ended. Each in the commit of the change itself.
import { expect, test } from 'vitest';
import type { Approval } from '../../src/bus/approval.ts';
import { Committer } from '../../src/interlock/commit.ts';
import { apply, insert, type Setting } from '../../src/interlock/consequences.ts';
import type { Event } from '../../src/interlock/machine.ts';
import { ABEL, inState, OUTCOME, PENDING, RULES, T0, WORKER } from './cases.ts';
import { Workbench } from './workbench.ts';

const setting: Setting = {
  rules: RULES,
  audience: () => [
    { platform: 'telegram', chat: 'approvers' },
    { platform: 'discord', chat: 'approvers' },
  ],
};
const origin = { platform: 'telegram', chat: 'asked-here', ref: '5' };
const via = { platform: 'discord', chat: 'decided-here', ref: '9' };

/** The keys of what one change sends, in order. */
async function sends(before: Approval, event: Event | 'insert'): Promise<string[]> {
  const bench = new Workbench();
  const committer = new Committer(bench.ledger, () => undefined);
  if (event !== 'insert') bench.store.approvals.set(before.id, before);
  await bench.done(
    committer.commit({
      reads: { ids: [before.id], keys: [] },
      run: (view) => {
        if (event === 'insert') insert(view, before, T0, setting);
        else apply(view, before, event, T0 + 5000, setting);
      },
    }),
  );
  return bench.commits.flatMap(({ outbox }) => outbox.map(({ key }) => key));
}

const CARDS = [
  'card:A0001:telegram:approvers',
  'card:A0001:discord:approvers',
  'card:A0001:telegram:asked-here',
];

test('what is asked is shown to approvers and where it was asked', async () => {
  expect(await sends({ ...PENDING, origin }, 'insert')).toEqual(CARDS);
});

test('what a rule allows or denies disturbs nobody', async () => {
  const allowed = { ...PENDING.judgement, effect: 'allow' } as const;
  expect(await sends({ ...inState('approved'), judgement: allowed, origin }, 'insert')).toEqual([]);
  expect(await sends({ ...inState('denied'), origin }, 'insert')).toEqual([]);
});

test('a rejection is told where it was asked, and not twice where it was said', async () => {
  const event = { type: 'reject', actor: ABEL, reason: 'no', via } as const;
  expect(await sends({ ...PENDING, origin }, event)).toEqual([
    ...CARDS,
    'result:A0001:telegram:asked-here',
  ]);
});

test('what ran is told where it was asked and where it was approved, once where they are one', async () => {
  const running = inState('running');
  const decision = running.decision === null ? null : { ...running.decision, via };
  const event = { type: 'finish', worker: WORKER, outcome: OUTCOME } as const;
  expect(await sends({ ...running, origin, decision }, event)).toEqual([
    ...CARDS,
    'result:A0001:telegram:asked-here',
    'result:A0001:discord:decided-here',
  ]);
  const same = decision === null ? null : { ...decision, via: { ...origin, ref: '9' } };
  expect(await sends({ ...running, origin, decision: same }, event)).toEqual([
    ...CARDS,
    'result:A0001:telegram:asked-here',
  ]);
});

test('what a rule allowed tells its end to its requester alone', async () => {
  const running = inState('running');
  const allowed = { ...running.judgement, effect: 'allow' } as const;
  const event = { type: 'finish', worker: WORKER, outcome: OUTCOME } as const;
  expect(await sends({ ...running, judgement: allowed, origin }, event)).toEqual([
    'result:A0001:telegram:asked-here',
  ]);
});

test('a run that nobody knows the end of is paged to all who look', async () => {
  const event = { type: 'lapse', detail: 'not heard of' } as const;
  expect(await sends({ ...inState('running'), origin }, event)).toEqual([
    ...CARDS,
    'result:A0001:telegram:asked-here',
    'page:A0001:telegram:approvers',
    'page:A0001:discord:approvers',
    'page:A0001:telegram:asked-here',
  ]);
});

test('a heartbeat sends nothing', async () => {
  expect(await sends(inState('running'), { type: 'beat', worker: WORKER })).toEqual([]);
});

test('what nobody decided in time rings where approvers look, and where it was asked', async () => {
  const late = { ...PENDING, expiresAt: T0, origin };
  expect(await sends(late, { type: 'expire' })).toEqual([
    ...CARDS,
    'result:A0001:telegram:asked-here',
    'alert:A0001:telegram:approvers',
    'alert:A0001:discord:approvers',
  ]);
});
