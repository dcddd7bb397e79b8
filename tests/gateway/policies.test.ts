// The rules over HTTP: conditions, ends, confirmation, previews, undo, and approving for a time.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const CI = 'ci-token-of-sixteen-and-more-characters';
const ANA = 'ana-token-of-sixteen-and-more-characters';
const CONFIG = `
approvers: [{ id: console:local, roles: [owner] }]
tokens:
  - { name: ci, role: requester, secret: { env: CI } }
  - { name: ana, role: approver, secret: { env: ANA } }
`;
const POLICIES = 'version: 1\nrules:\n  - allow: date\n';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane({ config: CONFIG, policies: POLICIES, env: { CI, ANA } });
});
afterEach(() => plane.stop());

async function call(method: string, path: string, body?: unknown, token = ANA) {
  const answer = await fetch(`${plane.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const submit = async (...argv: string[]) =>
  (await call('POST', '/actions', { kind: 'exec', argv }, CI)).body as {
    id: string;
    state: string;
  };

describe('a rule', () => {
  it('keeps its conditions, and is listed with its use', async () => {
    const rule = { effect: 'ask', pattern: 'npm publish', in: '/w/**', approvals: 2, reason: 'us' };
    expect(await call('POST', '/policies', rule)).toMatchObject({
      status: 200,
      body: {
        rule: { number: 2, in: '/w/**', approvals: 2, reason: 'us', from: null, on: null },
        grant: null,
        already: false,
        preview: { means: 'npm publish, and whatever follows', broad: [] },
      },
    });
    await submit('date');
    expect((await call('GET', '/policies', undefined, CI)).body).toMatchObject({
      problem: null,
      rules: [
        { written: 'allow: date', uses: 1, last_used_at: expect.stringMatching(/Z$/) },
        { written: 'ask: npm publish', uses: 0, last_used_at: null },
      ],
      grants: [],
    });
  });

  it('that is broad takes a confirmation', async () => {
    const rule = { effect: 'allow', pattern: 'git *' };
    expect(await call('POST', '/policies', rule)).toMatchObject({
      status: 409,
      body: {
        error: { code: 'confirmation_needed', message: expect.stringContaining('"confirm": true') },
        preview: { broad: ['anything may follow git'] },
      },
    });
    expect(await call('POST', '/policies', { ...rule, confirm: true })).toMatchObject({
      status: 200,
      body: { rule: { written: 'allow: git *' } },
    });
  });

  it('is previewed by approvers, and nothing is stored', async () => {
    const rule = { effect: 'deny', pattern: 'rm *' };
    const preview = await call('POST', '/policies/preview', rule);
    expect(preview).toMatchObject({ status: 200, body: { preview: { pattern: 'rm *' } } });
    // It would tell a requester what others asked for.
    expect((await call('POST', '/policies/preview', rule, CI)).status).toBe(403);
    expect((await call('GET', '/policies')).body['rules']).toHaveLength(1);
  });

  it.each([
    [{ pattern: 'x', for: '2x' }, 'write a time such as'],
    [{ pattern: 'x', in: '../x' }, 'must be an absolute directory'],
    [{ pattern: 'x', in: '/a/../b' }, 'must not hold . or ..'],
    [{ pattern: 'x', from: 'ana' }, 'must be platform:stable-id'],
    [{ pattern: 'x', approvals: 0 }, 'approvals'],
    [{ pattern: 'x', approvals: 2 }, 'approvals belongs to ask rules'],
    [{ pattern: 'sudo *' }, 'would run any other program'],
  ])('%j is refused with what to do', async (given, why) => {
    const { status, body } = await call('POST', '/policies', { effect: 'allow', ...given });
    expect(status).toBe(422);
    expect((body['error'] as { message: string }).message).toContain(why);
  });
});

it('a grant ends by its uses, and is taken back by its id', async () => {
  const given = { effect: 'allow', pattern: 'uname', for: '1h', uses: 2, from: 'token:ci' };
  expect(await call('POST', '/policies', given)).toMatchObject({
    status: 200,
    body: {
      rule: null,
      grant: { id: 'g1', uses_left: 2, from: 'token:ci', created_by: 'token:ana' },
    },
  });
  expect((await submit('uname')).state).toBe('approved');
  expect((await call('GET', '/policies')).body['grants']).toMatchObject([
    { id: 'g1', uses: 1, uses_left: 1, expires_at: expect.stringMatching(/Z$/) },
  ]);
  expect(await call('DELETE', '/policies/g1')).toMatchObject({
    status: 200,
    body: { rule: null, grant: { id: 'g1' } },
  });
  expect((await submit('uname')).state).toBe('pending');
  expect((await call('DELETE', '/policies/g1')).status).toBe(404);
});

it('undo takes back what was done here or in a chat, by approvers', async () => {
  await plane.chat.ask('!deny shutdown *');
  expect((await call('POST', '/policies/undo', undefined, CI)).status).toBe(403);
  expect((await call('POST', '/policies/undo')).body).toEqual({
    undone: 'Removed: deny: shutdown *, which console:local had added. It is no longer in force.',
  });
  expect(await call('POST', '/policies/undo')).toMatchObject({
    status: 409,
    body: { error: { code: 'nothing_undone' } },
  });
});

it('each change is on the record with who made it and what it said', async () => {
  await call('POST', '/policies', { effect: 'allow', pattern: 'uname', in: '/w' });
  await call('DELETE', '/policies/2');
  await call('POST', '/policies/undo');
  const { body } = await call('GET', '/audit?limit=20');
  const entries = body['entries'] as { type: string; body: string }[];
  const of = (type: string) =>
    entries.filter((entry) => entry.type === type).map(({ body: text }) => JSON.parse(text));
  for (const type of ['policy.added', 'policy.removed']) {
    expect(of(type)).toMatchObject([
      { actor: 'token:ana', data: { rule: 'allow: uname', source: { in: '/w' } } },
    ]);
  }
  expect(of('policy.undone')).toMatchObject([
    { actor: 'token:ana', data: { kind: 'removed', rule: 'allow: uname' } },
  ]);
});

describe('approving for a time', () => {
  const decide = (id: string, body: object) => call('POST', `/approvals/${id}/decision`, body);

  it('allows exactly this afterwards', async () => {
    const { id } = await submit('make', 'it so');
    expect(await decide(id, { decision: 'approve', for: '1h' })).toMatchObject({
      status: 200,
      body: {
        outcome: 'decided',
        message: expect.stringContaining('Exactly this runs unasked for 1 h'),
        grants: [{ pattern: 'make "it so"', from: 'token:ci', origin: id }],
      },
    });
    expect((await submit('make', 'it so')).state).toBe('approved');
    expect((await submit('make', 'it')).state).toBe('pending');
  });

  it('approves nothing where exactly this cannot be allowed', async () => {
    await call('POST', '/policies', { effect: 'ask', pattern: 'make' });
    const { id } = await submit('make', 'it');
    expect(await decide(id, { decision: 'approve', for: '1h' })).toMatchObject({
      status: 422,
      body: { error: { code: 'not_exact' } },
    });
    expect(await decide(id, { decision: 'reject', for: '1h' })).toMatchObject({ status: 422 });
    expect((await call('GET', `/approvals/${id}`)).body['state']).toBe('pending');
  });
});
