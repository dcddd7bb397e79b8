// What webhooks of every platform rely on.
import { expect, it } from 'vitest';
import { isSameSecret, jsonWithin } from '../../src/adapters/webhook.ts';

it.each([
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['ab', 'abc', false],
  [null, 'abc', false],
  ['', '', false],
  [null, '', false],
])('compares %j with the secret %j', (given, expected, same) => {
  expect(isSameSecret(given, expected)).toBe(same);
});

const request = (body: string) => new Request('http://a/', { method: 'POST', body });

it('reads JSON up to its limit, counted in bytes', async () => {
  expect(await jsonWithin(request('"éé"'), 6)).toEqual({ ok: true, value: 'éé' });
  expect(await jsonWithin(request('"éé"'), 5)).toEqual({ ok: false, why: 'too_large' });
  expect(await jsonWithin(request('{'), 5)).toEqual({ ok: false, why: 'malformed' });
  expect(await jsonWithin(new Request('http://a/'), 5)).toEqual({ ok: false, why: 'malformed' });
});
