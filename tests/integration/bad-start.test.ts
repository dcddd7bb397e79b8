// Starting on what is wrong: a configuration with mistakes, a data folder that cannot be used, a
// port that is taken. Each ends with its documented code and says what to do; nothing is lost.
import { once } from 'node:events';
import { chmod, chown, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireService } from '../services.ts';
import { makePlane, type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');

describe.skipIf(!bubblewrap.available)(`a start that cannot be${bubblewrap.note}`, () => {
  let plane: Plane;
  let waiting: { readonly id: string };
  let goodConfig: string;

  beforeAll(async () => {
    plane = await startPlane();
    waiting = await plane.submit(['uname', '-a']);
    goodConfig = await readFile(plane.configFile, 'utf8');
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  /** `start` with this configuration, to its end. */
  async function startWith(text: string | Uint8Array, env: Record<string, string> = {}) {
    const file = join(plane.folder, 'other.yaml');
    await writeFile(file, text);
    const { code, stderr } = await plane.command(['start', '--config', file], { env });
    return { code, told: stderr.replaceAll(`${file}:`, 'FILE:') };
  }

  it('on the data folder of another one that runs: says who has it', async () => {
    const { code, stderr } = await plane.command(['start']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^error: the data folder ${plane.dataDir} is in use by process ${plane.process.pid} on .*, since .*\\. Stop that Countersign first, or give this one a data folder of its own \\(--data\\)\\n$`,
      ),
    );
    expect((await plane.command(['pending'])).stdout).toContain(waiting.id);
    await plane.kill('SIGTERM');
    const gone = await plane.command(['pending']);
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain('start one with `countersign start`');
  });

  it('with a configuration that cannot be read as one', async () => {
    expect(await startWith('gateway: [1, 2\napprovers: {')).toEqual({
      code: 2,
      told: expect.stringMatching(/^error: FILE:\d+: this is not valid YAML: /),
    });
    expect(await startWith(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toEqual({
      code: 2,
      told: 'error: FILE:1: this is not valid UTF-8: save the file as UTF-8\n',
    });
    expect(await startWith('a: b\0c')).toEqual({
      code: 2,
      told: 'error: FILE:1: here is a NUL character: is this a text file?\n',
    });
    const missing = await plane.command(['start', '--config', join(plane.folder, 'no.yaml')]);
    expect({ code: missing.code, stderr: missing.stderr }).toEqual({
      code: 2,
      stderr: `error: ${join(plane.folder, 'no.yaml')}: there is no such file\n`,
    });
  });

  it('with several mistakes in the configuration: all of them at once, each with its line', async () => {
    const { code, told } = await startWith(
      [
        'gateway:',
        '  prot: 80',
        'approvals:',
        '  expireAfter: soon',
        'workers:',
        '  concurrency: many',
        'tokens:',
        '  - name: me',
        '    role: emperor',
        '    secret: { env: NOT_THERE }',
        '',
      ].join('\n'),
    );
    expect(code).toBe(2);
    const places = [...told.matchAll(/FILE:(\d+): (\S+)/g)].map(([, line, key]) => [line, key]);
    expect(places).toEqual([
      ['2', 'gateway.prot'],
      ['4', 'approvals.expireAfter'],
      ['6', 'workers.concurrency'],
      ['9', 'tokens[0].role'],
      ['10', 'tokens[0].secret'],
    ]);
    expect(told).toContain('port');
    expect(told).toContain('NOT_THERE');
  });

  it('with a policy file that is wrong', async () => {
    const policies = join(plane.folder, 'wrong-policies.yaml');
    await writeFile(policies, 'version: 1\nrules:\n  - alow: git status\n', { mode: 0o600 });
    const config = JSON.stringify({ gateway: { port: 0 }, policies });
    const { code, told } = await startWith(config);
    expect(code).toBe(2);
    expect(told).toContain(`${policies}:3`);
  });

  it('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      expect(await startWith(JSON.stringify({ gateway: { port } }))).toEqual({
        code: 2,
        told: expect.stringContaining(
          `error: cannot listen on 127.0.0.1:${port}: another program listens there: set gateway.port to another one, or to 0 for any\n`,
        ),
      });
    } finally {
      server.close();
    }
  });

  it('on a data folder that is a file, of somebody else, or of a newer version', async () => {
    const file = join(plane.folder, 'a-file');
    await writeFile(file, '');
    const onFile = await plane.command(['start', '--data', file]);
    expect({ code: onFile.code, stderr: onFile.stderr }).toEqual({
      code: 2,
      stderr: `error: the data folder ${file} cannot be used: it is not a folder. Move it aside or choose another data folder\n`,
    });

    const asRoot = process.getuid?.() === 0;
    if (asRoot) await chown(plane.dataDir, 23_456, 23_456);
    else await chmod(plane.dataDir, 0o500);
    const foreign = await plane.command(['start']);
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toMatch(/^error: the data folder .* cannot be used: .*\n$/);
    if (asRoot) await chown(plane.dataDir, 0, 0);
    else await chmod(plane.dataDir, 0o700);

    const marker = join(plane.dataDir, 'db', 'PG_VERSION');
    const version = await readFile(marker, 'utf8');
    await writeFile(marker, '99\n');
    const newer = await plane.command(['start']);
    expect(newer.code).toBe(2);
    expect(newer.stderr).toContain('was made by a newer Countersign');
    await writeFile(marker, version);
  });

  it('on servers that do not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const address = `127.0.0.1:${port}`;
    const gateway = { port: 0 };
    const store = { url: `postgres://nobody@${address}/nothing` };
    const noStore = await startWith(JSON.stringify({ gateway, store }));
    expect(noStore.code).toBe(3);
    expect(noStore.told).toContain(address);
    const queue = { url: `redis://${address}` };
    const noQueue = await startWith(JSON.stringify({ gateway, queue }));
    expect(noQueue.code).toBe(3);
    expect(noQueue.told).toContain(address);
  });

  it('wrong use of the command line ends with 2 and shows the way', async () => {
    for (const words of [['run'], ['run', '--shell', ' '], ['nothing'], ['approve'], ['show']]) {
      const { code, stdout, stderr } = await plane.command(words);
      expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: /);
    }
  });

  it('after all of that, everything is still there', async () => {
    await writeFile(plane.configFile, goodConfig);
    await plane.start();
    expect((await plane.command(['pending'])).stdout).toContain(waiting.id);
    await plane.decide(waiting.id, 'approve');
    expect(await plane.outcome(waiting.id)).toMatchObject({ state: 'succeeded' });
    expect((await plane.command(['audit', 'verify'])).code).toBe(0);
  });

  it('without a sandbox nothing runs, and the reason is told', async () => {
    const bare = await makePlane({ env: { PATH: '/nowhere' } });
    try {
      await bare.start();
      await bare.shows(/sandbox: .*bubblewrap/);
      const { id, run } = await bare.asks(['--', 'uname', '-a']);
      await bare.decide(id, 'approve');
      const { code, stdout, stderr } = await run.ended();
      expect({ code, stdout }).toEqual({ code: 126, stdout: '' });
      expect(stderr).toContain('not run: ');
    } finally {
      await bare.close();
      await rm(bare.folder, { recursive: true, force: true });
    }
  });
});
