// Requests that no well-meaning client sends: each is refused with its status, a code for programs
// and a message that says what is wrong, and what waited before still waits after.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireService } from '../services.ts';
import { type ApiCall, type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');
const LIMIT_BYTES = 2 * 1024 * 1024;

describe.skipIf(!bubblewrap.available)(`bad requests${bubblewrap.note}`, () => {
  let plane: Plane;
  let waiting: { readonly id: string };

  beforeAll(async () => {
    plane = await startPlane();
    waiting = await plane.submit(['uname', '-a']);
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  /** What is answered to a submission by a requester. */
  async function submitting(call: ApiCall): Promise<[number, string, string]> {
    const { status, body } = await plane.api('POST', '/v1/actions', {
      token: plane.tokens.agent,
      ...call,
    });
    return [status, body.error?.code, body.error?.message];
  }

  const exec = (more: Record<string, unknown>) => ({ kind: 'exec', argv: ['true'], ...more });

  it('too large: by its length, by what comes, and in its parts', async () => {
    const message = `The body has more than ${LIMIT_BYTES} bytes. Nothing was submitted.`;
    const large = Buffer.alloc(LIMIT_BYTES + 1, ' ');
    const length = { 'content-length': String(large.length) };
    expect(await submitting({ raw: large, headers: length })).toEqual([413, 'too_large', message]);
    const chunked = { 'transfer-encoding': 'chunked' };
    expect(await submitting({ raw: large, headers: chunked })).toEqual([413, 'too_large', message]);
    const command = 'x'.repeat(64 * 1024);
    const [status, code, why] = await submitting({ body: { kind: 'shell', command } });
    expect([status, code]).toEqual([413, 'invalid_action']);
    expect(why).toContain('at most 65536 are taken: put long input in a file of the workspace');
    const stdin = Buffer.alloc(1024 * 1024 + 1).toString('base64');
    expect((await submitting({ body: exec({ stdin }) })).slice(0, 2)).toEqual([
      413,
      'invalid_action',
    ]);
  });

  it('not text: invalid UTF-8, lone surrogates, NUL', async () => {
    const bytes = Buffer.concat([Buffer.from('{"kind":"shell","command":"'), Buffer.from([0xc3])]);
    expect(await submitting({ raw: bytes })).toEqual([
      400,
      'invalid_utf8',
      'The body is not valid UTF-8.',
    ]);
    for (const argv of [
      ['echo', 'a\0b'],
      ['echo', '\ud800'],
    ]) {
      const [status, code, why] = await submitting({ body: { kind: 'exec', argv } });
      expect([status, code]).toEqual([422, 'invalid_action']);
      expect(why).toMatch(/^Not taken: argv\.1: holds a /);
    }
    const env = { A: 'a\0b' };
    expect((await submitting({ body: exec({ env }) })).slice(0, 2)).toEqual([
      422,
      'invalid_action',
    ]);
  });

  it('not what was asked for: no JSON, unknown keys, wrong types, all told at once', async () => {
    const [status, code] = await submitting({ raw: '{"kind":"exec"' });
    expect([status, code]).toEqual([400, 'invalid_json']);
    expect((await submitting({ raw: '{"__proto__":{}}' })).slice(0, 2)).toEqual([
      400,
      'invalid_json',
    ]);
    expect((await submitting({ raw: '' })).slice(0, 2)).toEqual([422, 'invalid_request']);
    expect((await submitting({ raw: '[]' })).slice(0, 2)).toEqual([422, 'invalid_request']);
    const wrong = await submitting({ body: exec({ cwd: 'here', sandbox: 'none', colour: 'red' }) });
    expect(wrong.slice(0, 2)).toEqual([422, 'invalid_request']);
    for (const name of ['cwd', 'sandbox', 'colour']) expect(wrong[2]).toContain(name);
    expect((await submitting({ body: { kind: 'exec', argv: [] } })).slice(0, 2)).toEqual([
      422,
      'invalid_action',
    ]);
  });

  it('not known: no token, a wrong one, another scheme', async () => {
    for (const header of [undefined, 'Bearer wrong', `Basic ${plane.tokens.agent}`, 'Bearer']) {
      const answer = await plane.api('GET', '/v1/approvals', {
        token: '',
        headers: header === undefined ? {} : { authorization: header },
      });
      expect([answer.status, answer.body.error.code]).toEqual([401, 'unauthorised']);
    }
    expect((await plane.api('GET', '/v1/nothing')).status).toBe(404);
    expect((await plane.api('GET', '/healthz', { token: '' })).body).toEqual({ ok: true });
  });

  it('not allowed to decide: a requester, and the socket alone', async () => {
    const path = `/v1/approvals/${waiting.id}/decision`;
    const body = { decision: 'approve' };
    const refused = {
      status: 403,
      body: {
        error: {
          code: 'role',
          message: expect.stringContaining('Deciding needs an approver token'),
        },
      },
    };
    expect(await plane.api('POST', path, { token: plane.tokens.agent, body })).toEqual(refused);
    expect(await plane.api('POST', path, { token: '', socket: true, body })).toEqual(refused);
    expect(
      (
        await plane.api('POST', '/v1/policies', {
          token: plane.tokens.agent,
          body: { effect: 'allow', pattern: 'rm *' },
        })
      ).status,
    ).toBe(403);
    const without = await plane.command(['approve', waiting.id]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain(
      'this needs an approver token: name its file with --token-file',
    );
    const agent = await plane.command(['approve', waiting.id], {
      env: { COUNTERSIGN_TOKEN: plane.tokens.agent },
    });
    expect(agent.code).toBe(1);
    expect(agent.stderr).toContain('The socket alone cannot approve');
    const wrong = await plane.command(['approve', waiting.id], {
      env: { COUNTERSIGN_TOKEN: 'x'.repeat(40) },
    });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('This token is not known here');
  });

  it('from a web page: an Origin, or a host name that is not ours', async () => {
    const origin = { origin: 'https://evil.example' };
    expect(await submitting({ body: exec({}), headers: origin })).toEqual([
      403,
      'browser',
      'Requests from web pages are not taken.',
    ]);
    const host = { host: 'evil.example:18790' };
    expect((await submitting({ body: exec({}), headers: host })).slice(0, 2)).toEqual([
      421,
      'unknown_host',
    ]);
  });

  it('an Idempotency-Key again is the same action; for another one it is refused', async () => {
    const headers = { 'idempotency-key': 'build-4711' };
    const token = plane.tokens.agent;
    const first = await plane.api('POST', '/v1/actions', { token, headers, body: exec({}) });
    const again = await plane.api('POST', '/v1/actions', { token, headers, body: exec({}) });
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body.id).toBe(first.body.id);
    expect(await submitting({ headers, body: exec({ argv: ['false'] }) })).toEqual([
      409,
      'idempotency_key_reused',
      `This Idempotency-Key was used for another action, ${first.body.id}.`,
    ]);
    // A key is its requester's own.
    const other = await plane.api('POST', '/v1/actions', { headers, body: exec({}) });
    expect(other.status).toBe(202);
    expect(other.body.id).not.toBe(first.body.id);
    expect((await submitting({ headers: { 'idempotency-key': 'a b' }, body: exec({}) }))[0]).toBe(
      400,
    );
  });

  it('what others asked for is nobody else’s to see or to take back', async () => {
    const mine = await plane.api('POST', '/v1/actions', { body: exec({}) });
    const token = plane.tokens.agent;
    const path = `/v1/actions/${mine.body.id}`;
    expect((await plane.api('GET', path, { token })).status).toBe(404);
    expect((await plane.api('POST', `${path}/cancel`, { token, body: {} })).status).toBe(404);
    const own = await plane.api('POST', `/v1/approvals/${mine.body.id}/decision`, {
      body: { decision: 'approve' },
    });
    expect([own.status, own.body.error.code]).toEqual([403, 'own-action']);
  });

  it('nothing is lost by any of it', async () => {
    const { stdout } = await plane.command(['pending', '--json']);
    const { approvals } = JSON.parse(stdout);
    expect(approvals.map(({ id }: { id: string }) => id)).toContain(waiting.id);
    expect((await plane.decide(waiting.id, 'approve')).status).toBe(200);
    expect(await plane.outcome(waiting.id)).toMatchObject({ state: 'succeeded' });
    expect((await plane.command(['audit', 'verify'])).code).toBe(0);
  });
});
