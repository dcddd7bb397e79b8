// `countersign run` against a real gateway: what it tells, what it passes on, how it ends.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlane, type Plane, REQUESTER_TOKEN } from './plane.ts';
import { Running, ran, type Setting } from './recording-terminal.ts';

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(async () => {
  await plane.close();
});

const here = (): Setting => ({ cwd: plane.workspace, env: { COUNTERSIGN_DATA: plane.dataDir } });
const started = (...argv: string[]) => new Running(['run', ...argv], { input: '', ...here() });
const waitingId = async (running: Running) =>
  (await running.until(/^(\w{5}) waits for approval/m))[1] ?? '';
const decide = (what: 'approve' | 'reject', id: string, ...reason: string[]) =>
  ran([what, id, ...reason, '--token-file', plane.tokenFile], here());

describe('a command that must be asked', () => {
  test('waits, says for whom and until when, and ends as the command ended', async () => {
    const running = started('--reason', 'to see', '--', 'sh', '-c', 'exit 7');
    const id = await waitingId(running);
    const decided = await decide('approve', id);
    const run = await plane.nextRun();
    run.print('stdout', 'to standard output\n');
    run.print('stderr', 'to standard error\n');
    await run.finish(7);
    await running.done;

    expect(decided.code).toBe(0);
    expect(decided.out).toContain(`${id} is approved by token:alice`);
    expect(run.claim.frozen.action).toMatchObject({
      kind: 'exec',
      argv: ['sh', '-c', 'exit 7'],
      cwd: plane.workspace,
    });
    expect(running.exitCode).toBe(7);
    expect(running.out).toBe('to standard output\n');
    expect(running.err).toMatch(
      new RegExp(
        `^${id} waits for approval by console:local until (\\S+ )?\\d\\d:\\d\\d, 30 min left\\.\n` +
          `Answer there, or with \`countersign approve ${id}\`\\. Ctrl-C takes it back\\.\n` +
          'Approved by token:alice\\.\nto standard error\n$',
      ),
    );
  });

  test('passes output on while the command runs', async () => {
    const running = started('--', 'slow');
    await decide('approve', await waitingId(running));
    const run = await plane.nextRun();
    run.print('stdout', 'first\n');
    await running.until(/first/);
    run.print('stdout', 'second\n');
    await running.until(/second/);
    await run.finish(0);
    await running.done;
    expect([running.out, running.exitCode]).toEqual(['first\nsecond\n', 0]);
  });

  test('ends with 1 and the reason when it is rejected', async () => {
    const running = started('--', 'uname');
    const id = await waitingId(running);
    await decide('reject', id, 'not', 'today');
    await running.done;
    expect([running.exitCode, running.out]).toEqual([1, '']);
    expect(running.err).toContain(`${id} was rejected by token:alice: not today. Nothing ran.\n`);
  });

  test('ends with 4 when nobody answers in time', async () => {
    const running = started('--expires-in', '1s', '--', 'uname');
    await running.done;
    expect(running.exitCode).toBe(4);
    expect(running.err).toMatch(/expired: .*Nothing ran; ask again/);
  });

  test('ends with 1 and why when it could not be run', async () => {
    const running = started('--', 'uname');
    await decide('approve', await waitingId(running));
    const run = await plane.nextRun();
    await run.finish(null, 'the sandbox could not be had');
    await running.done;
    expect(running.exitCode).toBe(1);
    expect(running.err).toContain(`${run.id} failed: the sandbox could not be had.\n`);
  });

  test('runs a line by the shell, with variables and standard input', async () => {
    const argv = ['run', '--shell', 'cat | wc -c', '--env', 'A=b=c', '--stdin'];
    const running = new Running(argv, { ...here(), input: Buffer.from([0, 1, 0xff]) });
    await decide('approve', await waitingId(running));
    const run = await plane.nextRun();
    await run.finish(0);
    await running.done;
    expect(run.claim.frozen.action).toMatchObject({
      kind: 'shell',
      command: 'cat | wc -c',
      env: { A: 'b=c' },
    });
    expect(Buffer.from(run.claim.stdin ?? [])).toEqual(Buffer.from([0, 1, 0xff]));
  });

  test('gives one document with --json, and output that is no text as base64 as well', async () => {
    const running = started('--json', '--', 'bytes');
    const id = await waitingId(running);
    await decide('approve', id);
    const run = await plane.nextRun();
    run.print('stdout', Buffer.from([0x61, 0xff]));
    run.print('stderr', 'oh\n');
    await run.finish(3);
    await running.done;
    expect(running.exitCode).toBe(3);
    expect(JSON.parse(running.out)).toEqual({
      id,
      state: 'failed',
      exit_code: 3,
      decision: expect.objectContaining({ kind: 'approved', actor: 'token:alice' }),
      outcome: expect.objectContaining({ exit_code: 3, detail: 'exit code 3' }),
      stdout: 'a\ufffd',
      stdout_base64: 'Yf8=',
      stderr: 'oh\n',
    });
  });
});

describe('a command that a rule decides', () => {
  test('runs without a word when it is allowed', async () => {
    await plane.book.add('allow', 'echo *');
    const running = started('--', 'echo', 'hi');
    const run = await plane.nextRun();
    run.print('stdout', 'hi\n');
    await run.finish(0);
    await running.done;
    expect([running.exitCode, running.out, running.err]).toEqual([0, 'hi\n', '']);
  });

  test('ends with 1 and the rule when it is denied', async () => {
    await plane.book.add('deny', 'rm -rf *');
    const answer = await ran(['run', '--', 'rm', '-rf', 'x'], here());
    expect([answer.code, answer.out]).toEqual([1, '']);
    expect(answer.err).toMatch(/was denied by policy: .*deny: rm -rf \*\. Nothing ran\.\n$/);
  });

  test('is told where it runs when its directory is in no workspace', async () => {
    const cwd = join(plane.dataDir, '..', 'elsewhere');
    await mkdir(cwd);
    const running = new Running(['run', '--', 'echo', 'x'], { ...here(), input: '', cwd });
    const run = await plane.nextRun();
    await run.finish(0);
    await running.done;
    expect(running.err).toMatch(/elsewhere is not in a configured workspace: it runs in .*\n$/);
  });
});

describe('the submission', () => {
  test('with --no-wait prints the id and leaves', async () => {
    const answer = await ran(['run', '--no-wait', '--', 'uname'], here());
    expect([answer.code, answer.out]).toEqual([0, expect.stringMatching(/^\w{5}\n$/)]);
    expect(answer.err).toContain(`countersign show ${answer.out.trim()}`);
  });

  test('under the same --key is the same action, another under it is refused', async () => {
    const first = await ran(['run', '--no-wait', '--key', 'k1', '--', 'uname'], here());
    const again = await ran(['run', '--no-wait', '--key', 'k1', '--', 'uname'], here());
    const other = await ran(['run', '--no-wait', '--key', 'k1', '--', 'uname', '-a'], here());
    expect(again.out).toBe(first.out);
    expect([other.code, other.out]).toEqual([1, '']);
    expect(other.err).toMatch(/was used for another action/);
  });

  test('comes from the token’s name where a token is given', async () => {
    const env = { COUNTERSIGN_DATA: plane.dataDir, COUNTERSIGN_TOKEN: REQUESTER_TOKEN };
    const { out } = await ran(['run', '--no-wait', '--', 'uname'], { ...here(), env });
    expect((await plane.interlock.ports.ledger.get(out.trim()))?.requester).toBe('token:bot');
  });

  test.each([
    [[], 'say what to run'],
    [['--shell', 'ls', '--', 'ls'], 'not both'],
    [['--shell', ' '], 'needs a line'],
    [['--env', '1A=b', '--', 'ls'], 'write NAME=value'],
    [['--expires-in', '30', '--', 'ls'], '30m, 1h30m or 45s'],
    [['--expires-in', '0s', '--', 'ls'], 'write 1s at least and 7d at most'],
    [['--expires-in', '8d', '--', 'ls'], 'write 1s at least and 7d at most'],
    [['--cwd', '/no/such/place', '--', 'ls'], 'there is no such directory'],
    [['--sandbox', 'none', '--', 'ls'], 'strict, moderate'],
    [['--key', 'a b', '--', 'ls'], 'visible ASCII'],
    [['--', 'x'.repeat(70_000)], 'at most 65536'],
    [['--shell', 'a\0b'], 'NUL'],
  ])('%j is wrong use: exit 2 and what to do', async (argv, told) => {
    const answer = await ran(['run', ...argv], here());
    expect([answer.code, answer.out]).toEqual([2, '']);
    expect(answer.err).toContain(told);
  });

  test('refuses more standard input than is taken', async () => {
    const input = Buffer.alloc(1024 * 1024 + 1);
    const answer = await ran(['run', '--stdin', '--', 'cat'], { ...here(), input });
    expect([answer.code, answer.out]).toEqual([2, '']);
    expect(answer.err).toContain('put it in a file of the workspace');
  });
});
