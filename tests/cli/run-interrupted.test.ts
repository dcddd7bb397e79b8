// `countersign run` when something comes in between: Ctrl-C, a lost control plane, a closed pipe.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlane, type Plane } from './plane.ts';
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
const approve = (id: string) => ran(['approve', id, '--token-file', plane.tokenFile], here());

describe('Ctrl-C', () => {
  test('takes a pending action back and ends with 130', async () => {
    const running = started('--', 'uname');
    const id = await waitingId(running);
    running.interrupt();
    await running.done;
    expect(running.exitCode).toBe(130);
    expect(running.err).toContain(`${id} was cancelled. Nothing ran.\n`);
    expect((await plane.interlock.ports.ledger.get(id))?.state).toBe('cancelled');
  });

  test('asks the worker of a running one to stop; the code is the command’s own', async () => {
    const running = started('--', 'sleep', '100');
    const id = await waitingId(running);
    await approve(id);
    const run = await plane.nextRun();
    run.print('stdout', 'started\n');
    await running.until(/started/);
    running.interrupt();
    await running.until(/its worker was told to stop it\. Ctrl-C again leaves it/);
    await run.stopAsked;
    expect(await run.beat()).toBe(true);
    await run.finish(143, 'stopped on request');
    await running.done;
    expect(running.exitCode).toBe(143);
    expect(running.err).toContain(`${id} failed: stopped on request.\n`);
  });

  test('leaves a running one the second time and says how to look later', async () => {
    const running = started('--', 'sleep', '100');
    const id = await waitingId(running);
    await approve(id);
    const run = await plane.nextRun();
    run.print('stdout', 'started\n');
    await running.until(/started/);
    running.interrupt();
    await running.until(/Ctrl-C again/);
    running.interrupt('SIGTERM');
    await running.done;
    await run.finish(0);
    expect(running.exitCode).toBe(130);
    expect(running.err).toContain(`Left. ${id} goes on without you: countersign show ${id}\n`);
  });
});

describe('a lost control plane', () => {
  test('is waited for; what was passed on is never passed on again', async () => {
    const running = started('--', 'slow');
    await approve(await waitingId(running));
    const run = await plane.nextRun();
    run.print('stdout', 'one\n');
    run.print('stderr', 'two\n');
    await running.until(/one/);
    await running.until(/two/);
    await plane.stopGateway();
    await running.until(/does not answer/);
    run.print('stdout', 'three\n');
    await plane.startGateway();
    await running.until(/three/);
    await plane.stopGateway();
    await run.finish(5);
    await plane.startGateway();
    await running.done;
    expect([running.exitCode, running.out]).toEqual([5, 'one\nthree\n']);
    expect(running.err.match(/two/g)).toHaveLength(1);
    expect(running.err.match(/is back/g)).toHaveLength(2);
  });

  test('is given up after --reconnect, with 3 and the id', async () => {
    const running = started('--reconnect', '100ms', '--', 'slow');
    const id = await waitingId(running);
    await plane.stopGateway();
    await running.done;
    await plane.startGateway();
    expect(running.exitCode).toBe(3);
    expect(running.err).toMatch(new RegExp(`did not come back\\. ${id} is on its record`));
  });

  test('that never was there is told at once, with 3', async () => {
    const data = join(plane.dataDir, 'none');
    expect(await ran(['run', '--data', data, '--', 'ls'], here())).toEqual({
      code: 3,
      out: '',
      err: `error: no control plane is running for ${data}: start one with \`countersign start\`\n`,
    });
  });
});

test('a closed standard output stops the action and ends as a pipe would', async () => {
  const running = started('--', 'yes');
  await approve(await waitingId(running));
  const run = await plane.nextRun();
  running.outputClosed = true;
  run.print('stdout', 'y\n');
  await running.done;
  expect(running.exitCode).toBe(141);
  await run.stopAsked;
  await run.finish(141);
});

test('an answer that is lost on the way is asked for again: one action, not two', async () => {
  const folder = await mkdtemp(join(plane.dataDir, '..', 'proxy-'));
  const socket = join(folder, 'proxy.sock');
  let lost = 0;
  const proxy = createServer((client) => {
    const upstream = connect(join(plane.dataDir, 'gateway.sock'));
    client.pipe(upstream);
    for (const end of [client, upstream]) end.on('error', () => undefined);
    if (lost > 0) upstream.pipe(client);
    else {
      // The control plane has answered, and nobody heard it.
      upstream.once('data', () => {
        lost += 1;
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    proxy.listen(socket, resolve);
  });
  const place = { pid: 1, socket, host: '127.0.0.1', port: 1, url: 'http://127.0.0.1:1' };
  await writeFile(join(folder, 'gateway.json'), JSON.stringify(place));
  const { ledger } = plane.interlock.ports;
  const all = { states: null, requester: null, limit: 500 };
  const before = (await ledger.list(all)).length;
  const answer = await ran(['run', '--no-wait', '--data', folder, '--', 'once'], here());
  await new Promise<void>((resolve) => {
    proxy.close(() => resolve());
  });
  expect([lost, answer.code]).toEqual([1, 0]);
  expect((await ledger.list(all)).length).toBe(before + 1);
});
