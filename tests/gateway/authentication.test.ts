// Tokens: who they make of a caller, and that nothing else makes anybody.
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/bus/clock.ts';
import { authenticate } from '../../src/gateway/authentication.ts';
import { isLoopback } from '../../src/gateway/server.ts';
import { configuredTokens, knownToken, makeFirstToken } from '../../src/gateway/tokens.ts';

const secret = { reveal: () => 'a-secret-of-at-least-thirty-two-characters' };
const tokens = configuredTokens([{ name: 'ana', role: 'approver', secret }]);

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.168.1.7', false],
  ['::ffff:10.0.0.1', false],
  ['1127.0.0.1', false],
  [undefined, false],
])('%s is this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

describe('a bearer token', () => {
  it.each([
    [`Bearer ${secret.reveal()}`, { ok: true, identity: 'token:ana', role: 'approver' }],
    [`bearer ${secret.reveal()}`, { ok: true, identity: 'token:ana', role: 'approver' }],
    [`Bearer ${secret.reveal()}x`, { ok: false, why: 'unknown' }],
    ['Bearer ', { ok: false, why: 'malformed' }],
    ['Basic abc', { ok: false, why: 'malformed' }],
    [`Bearer ${'x'.repeat(600)}`, { ok: false, why: 'malformed' }],
    [undefined, { ok: false, why: 'missing' }],
  ])('%s', (header, expected) => {
    const found = authenticate(header, tokens, null);
    const shown = found.ok
      ? { ok: true, identity: found.principal.identity, role: found.principal.role }
      : found;
    expect(shown).toEqual(expected);
  });

  it('wrong over the socket is refused, not taken for the socket', () => {
    expect(authenticate('Bearer nope', tokens, 'local:0')).toEqual({ ok: false, why: 'unknown' });
    expect(authenticate(undefined, tokens, 'local:0')).toEqual({
      ok: true,
      principal: { identity: 'local:0', role: 'requester', local: true },
    });
  });

  it('made by us is long, and kept only as its hash', () => {
    const { text, kept } = makeFirstToken(systemRandom);
    expect(text).toMatch(/^cs_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(kept)).not.toContain(text);
    expect(authenticate(`Bearer ${text}`, [knownToken(kept)], null)).toMatchObject({ ok: true });
    expect(() => knownToken({ ...kept, role: 'emperor' })).toThrow();
  });
});
