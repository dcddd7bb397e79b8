// The HTTP API from outside: roles, forms, idempotency, waiting, refusing.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const CI = 'ci-token-of-sixteen-and-more-characters';
const EVE = 'eve-token-of-sixteen-and-more-characters';
const ANA = 'ana-token-of-sixteen-and-more-characters';
const WORKER = 'worker-token-of-sixteen-and-more-characters';

const CONFIG = `
approvers: [{ id: console:local, roles: [owner] }]
tokens:
  - { name: ci, role: requester, secret: { env: CI } }
  - { name: eve, role: requester, secret: { env: EVE } }
  - { name: ana, role: approver, secret: { env: ANA } }
  - { name: far, role: worker, secret: { env: WORKER } }
`;
const POLICIES = 'version: 1\nrules:\n  - allow: date\n  - deny: shutdown *\n';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane({
    config: CONFIG,
    policies: POLICIES,
    env: { CI, EVE, ANA, WORKER },
  });
});
afterAll(() => plane.stop());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { id: string; error: { code: string; message: string } };
}

async function call(
  method: string,
  path: string,
  options: { token?: string | null; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const token = options.token === undefined ? CI : options.token;
  const { body } = options;
  const answer = await fetch(`${plane.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(body === undefined
      ? {}
      : {
          body:
            body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body),
        }),
  } as RequestInit);
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const submit = (argv: string[], options: Parameters<typeof call>[2] = {}) =>
  call('POST', '/v1/actions', { ...options, body: { kind: 'exec', argv } });

describe('submitting', () => {
  it('answers 202 with the frozen action, its digest and until when it waits', async () => {
    const { status, body } = await submit(['make', 'x y'], {});
    expect(status).toBe(202);
    expect(body).toMatchObject({
      state: 'pending',
      effect: 'ask',
      command: "make 'x y'",
      requester: 'token:ci',
      asked: ['console:local'],
      votes_needed: 1,
      decision: null,
      outcome: null,
    });
    expect(body.id).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}$/);
    expect(body['digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(String(body['expires_at']))).toBeGreaterThan(Date.now());
  });

  it('the same Idempotency-Key is the same action; for another one it is refused', async () => {
    const headers = { 'idempotency-key': 'build-77' };
    const [first, again] = await Promise.all([
      submit(['make', 'once'], { headers }),
      submit(['make', 'once'], { headers }),
    ]);
    expect([first.status, again.status].sort((a, b) => a - b)).toEqual([200, 202]);
    expect(again.body.id).toBe(first.body.id);
    const other = await submit(['make', 'twice'], { headers });
    expect(other).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_key_reused' } },
    });
    // Another requester's key is another key.
    expect((await submit(['make', 'once'], { headers, token: EVE })).status).toBe(202);
  });

  it('denies and allows at once where a rule says so', async () => {
    expect((await submit(['shutdown', 'now'])).body['state']).toBe('denied');
    expect((await submit(['date'])).body['state']).toBe('approved');
  });

  it.each<[string, unknown, number]>([
    ['broken JSON', '{"kind":', 400],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ['__proto__', '{"__proto__": {}, "kind": "exec", "argv": ["x"]}', 400],
    ['an unknown key', { kind: 'exec', argv: ['x'], colour: 'red' }, 422],
    ['an unknown kind', { kind: 'tool', name: 'x' }, 422],
    ['no words', { kind: 'exec', argv: [] }, 422],
    ['a wrong type', { kind: 'shell', command: 7 }, 422],
    ['a NUL', { kind: 'shell', command: 'echo a\0b' }, 422],
    ['half a character', '{"kind":"shell","command":"echo \\ud800"}', 422],
    ['a bad variable name', { kind: 'shell', command: 'x', env: { 'A B': '1' } }, 422],
    ['too long a command', { kind: 'shell', command: 'x'.repeat(70_000) }, 413],
    ['too large a body', 'x'.repeat(2 * 1024 * 1024 + 1), 413],
    ['an empty body', '', 422],
  ])('refuses %s, saying what is wrong', async (_what, body, status) => {
    const answer = await call('POST', '/v1/actions', { body });
    expect(answer.status).toBe(status);
    expect(answer.body.error.message.length).toBeGreaterThan(10);
  });

  it('refuses a bad Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'x'.repeat(201) };
    expect((await submit(['x'], { headers })).status).toBe(400);
  });
});

describe('who may what', () => {
  it.each<[string, string | null, number]>([
    ['no token', null, 401],
    ['an unknown one', 'nope-nope-nope-nope', 401],
    ['a worker', WORKER, 403],
    ['a requester', CI, 202],
    ['an approver', ANA, 202],
  ])('submitting with %s: %s', async (_who, token, status) => {
    expect((await submit(['make', 'roles'], { token })).status).toBe(status);
  });

  it('a requester sees its own and decides nothing', async () => {
    const { body } = await submit(['make', 'private']);
    expect((await call('GET', `/v1/actions/${body.id}`, { token: EVE })).status).toBe(404);
    expect((await call('GET', `/v1/actions/${body.id}`)).status).toBe(200);
    const list = await call('GET', '/v1/approvals?state=pending&limit=500', { token: EVE });
    expect(JSON.stringify(list.body)).not.toContain(body.id);
    const path = `/v1/approvals/${body.id}/decision`;
    const decision = { decision: 'approve' };
    expect((await call('POST', path, { body: decision })).status).toBe(403);
    expect((await call('POST', path, { body: decision, token: ANA })).body['outcome']).toBe(
      'decided',
    );
  });

  it('an approver may not approve what it submitted', async () => {
    const { body } = await submit(['make', 'own'], { token: ANA });
    const answer = await call('POST', `/v1/approvals/${body.id}/decision`, {
      token: ANA,
      body: { decision: 'approve' },
    });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'own-action' } } });
  });

  it('the socket asks and looks, and cannot approve', async () => {
    const { body } = await submit(['make', 'by socket']);
    const seen = await overSocket('GET', `/v1/approvals/${body.id}`);
    expect(seen.status).toBe(200);
    const decided = await overSocket('POST', `/v1/approvals/${body.id}/decision`, {
      decision: 'approve',
    });
    expect(decided.status).toBe(403);
    expect(decided.text).toContain('The socket alone cannot approve');
  });

  it('web pages are not heard', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await submit(['x'], { headers })).status).toBe(403);
    const rebound = await overTcp('evil.example');
    expect(rebound).toBe(421);
  });
});

describe('following', () => {
  it('waits for the end and learns who decided', async () => {
    const { body } = await submit(['make', 'wait']);
    const waiting = call('GET', `/v1/actions/${body.id}?wait=30`);
    await call('POST', `/v1/approvals/${body.id}/decision`, {
      token: ANA,
      body: { decision: 'reject', reason: 'no' },
    });
    expect((await waiting).body).toMatchObject({
      state: 'rejected',
      decision: { kind: 'rejected', actor: 'token:ana', reason: 'no' },
    });
  });

  it('streams states to the end', async () => {
    const { body } = await submit(['make', 'events']);
    const answer = await fetch(`${plane.url}/v1/actions/${body.id}/events`, {
      headers: { authorization: `Bearer ${CI}` },
    });
    await call('POST', `/v1/actions/${body.id}/cancel`, { body: {} });
    const events = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; approval: { state: string } });
    expect(events.map(({ type, approval }) => [type, approval.state])).toEqual([
      ['state', 'pending'],
      ['end', 'cancelled'],
    ]);
  });

  it('only its requester cancels', async () => {
    const { body } = await submit(['make', 'mine']);
    const path = `/v1/actions/${body.id}/cancel`;
    expect((await call('POST', path, { body: {}, token: ANA })).status).toBe(409);
    expect((await call('POST', path, { body: {} })).body['outcome']).toBe('cancelled');
  });

  it('tells late deciders who won', async () => {
    const { body } = await submit(['make', 'late']);
    const path = `/v1/approvals/${body.id}/decision`;
    await call('POST', path, { token: ANA, body: { decision: 'reject' } });
    const late = await call('POST', path, { token: ANA, body: { decision: 'approve' } });
    expect(late.status).toBe(409);
    expect(late.body.error.message).toContain('was rejected by token:ana');
    const again = await call('POST', path, { token: ANA, body: { decision: 'reject' } });
    expect(again.body['outcome']).toBe('repeated');
  });
});

describe('rules and health', () => {
  it('are read by all and edited by approvers', async () => {
    const rule = { effect: 'allow', pattern: 'true' };
    expect((await call('POST', '/v1/policies', { body: rule })).status).toBe(403);
    expect((await call('POST', '/v1/policies', { body: rule, token: ANA })).status).toBe(200);
    expect((await submit(['true'])).body['state']).toBe('approved');
    const { body } = await call('GET', '/v1/policies');
    const rules = body['rules'] as { number: number; written: string }[];
    const number = rules.find(({ written }) => written === 'allow: true')?.number;
    expect((await call('DELETE', `/v1/policies/${number}`, { token: ANA })).status).toBe(200);
    expect((await submit(['true'])).body['state']).toBe('pending');
    const star = { effect: 'allow', pattern: '*' };
    expect((await call('POST', '/v1/policies', { body: star, token: ANA })).status).toBe(422);
  });

  it('health says little, readiness the reasons', async () => {
    expect((await call('GET', '/healthz', { token: null })).body).toEqual({ ok: true });
    const ready = await call('GET', '/readyz', { token: null });
    expect(ready).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    expect((await call('GET', '/v1/nowhere')).status).toBe(404);
  });
});

function overSocket(method: string, path: string, body?: unknown) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ socketPath: plane.socket, method, path }, (answer) => {
      let text = '';
      answer.on('data', (data: Buffer) => {
        text += data.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function overTcp(host: string) {
  return new Promise<number>((resolve, reject) => {
    const { hostname, port } = new URL(plane.url);
    const headers = { host, authorization: `Bearer ${CI}` };
    const sent = request({ host: hostname, port, path: '/v1/policies', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}
