// Codes that confirm: for one person in one chat, once, and not for long.
import { expect, test } from 'vitest';
import { systemRandom } from '../../src/bus/clock.ts';
import type { Call } from '../../src/chat/command.ts';
import { say } from '../../src/chat/command.ts';
import { Confirmations } from '../../src/chat/confirmations.ts';

function setUp() {
  const time = { ms: 1_000_000 };
  const clock = { now: () => time.ms, after: () => () => undefined };
  const confirmations = new Confirmations(clock, systemRandom);
  const ask = (from: Call, text: string) =>
    /!confirm (\w+)/.exec(confirmations.ask(from, async () => say(text)))?.[1] ?? '';
  return { time, confirmations, ask };
}

function call(actor: Call['actor'] = 'console:local', chat = 'terminal'): Call {
  const via = { platform: 'console', chat, ref: null };
  return { actor, roles: new Set(['owner']), via, eventKey: 'e', replyTo: null, rest: '' };
}

test('a code does once what was shown with it', async () => {
  const { confirmations, ask } = setUp();
  const [first, second] = [ask(call(), 'first'), ask(call(), 'second')];
  expect(await confirmations.take(call(), ` ${first.toLowerCase()} `)?.()).toEqual(say('first'));
  expect(confirmations.take(call(), first)).toBeNull();
  expect(await confirmations.take(call(), second)?.()).toEqual(say('second'));
});

test('it counts for who got it, where they got it', () => {
  const { confirmations, ask } = setUp();
  const code = ask(call(), 'x');
  expect(confirmations.take(call('console:ana'), code)).toBeNull();
  expect(confirmations.take(call('console:local', 'elsewhere'), code)).toBeNull();
  expect(confirmations.take(call(), code)).not.toBeNull();
});

test('it counts for five minutes', () => {
  const { time, confirmations, ask } = setUp();
  const [early, late] = [ask(call(), 'x'), ask(call(), 'y')];
  time.ms += 5 * 60_000 - 1;
  expect(confirmations.take(call(), early)).not.toBeNull();
  time.ms += 1;
  expect(confirmations.take(call(), late)).toBeNull();
});

test('of many the oldest gives way', () => {
  const { confirmations, ask } = setUp();
  const codes = Array.from({ length: 11 }, () => ask(call(), 'x'));
  expect(confirmations.take(call(), codes[0] ?? '')).toBeNull();
  expect(confirmations.take(call(), codes[1] ?? '')).not.toBeNull();
});
