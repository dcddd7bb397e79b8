// `check` and `doctor`: every mistake is named with what to do about it, and nothing is mended.
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlane, type Plane } from './plane.ts';
import { ran } from './recording-terminal.ts';

let plane: Plane;
let root: string;
beforeAll(async () => {
  plane = await openPlane();
  root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
});
afterAll(async () => {
  await plane.close();
  await rm(root, { recursive: true, force: true });
});

interface Finding {
  readonly part: string;
  readonly level: string;
  readonly detail: string;
}

async function configFile(text: string): Promise<string> {
  const path = join(await mkdtemp(join(root, 'c-')), 'countersign.yaml');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
const path = () => ({ env: { PATH: process.env['PATH'] ?? '' }, cwd: root });
async function doctor(...argv: string[]) {
  const { code, out, err } = await ran(['doctor', '--json', ...argv], path());
  expect(err).toBe('');
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  expect(code).toBe(ok ? 0 : 1);
  const of = (part: string) => findings.filter((finding) => finding.part === part);
  return { code, findings, of };
}

describe('check', () => {
  test('prints every mistake of the configuration with its line', async () => {
    const config = await configFile('gatway:\n  port: 1\napprovals:\n  expireAfter: 30\n');
    const { code, err } = await ran(['check', '--config', config], { cwd: root });
    expect(code).toBe(2);
    expect(err).toContain(`${config}:1: gatway is not a known key: did you mean "gateway"?`);
    expect(err).toContain(`${config}:4: approvals.expireAfter 30 lacks a unit`);
    expect(err).toContain('2 mistakes. The rules were not looked at.');
  });

  test('prints every mistake of the rules, which lie beside the configuration', async () => {
    const config = await configFile('approvers: [{ id: "telegram:1" }]\n');
    const rules = join(config, '..', 'policies.yaml');
    await writeFile(rules, 'rules:\n  - alow: ls\n  - deny: 7\n');
    const { code, out } = await ran(['check', '--config', config, '--json'], { cwd: root });
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      problems: [expect.stringContaining(`${rules}:2`), expect.stringContaining(`${rules}:3`)],
      configuration: config,
      policies: null,
    });
  });

  test('says what it read when everything is right, and that a named file is missing', async () => {
    const config = await configFile('approvers: [{ id: "telegram:1" }]\n');
    const fine = await ran(['check', '--config', config, '--data', '/d'], { cwd: root });
    const none = await ran(['check', '--config', 'none.yaml'], { cwd: root });
    expect(fine).toEqual({
      code: 0,
      out:
        `configuration: ${config}\n` +
        'rules: none: /d/policies.yaml is not there yet, so everything is asked\n' +
        'Everything is right.\n',
      err: '',
    });
    expect(none.code).toBe(2);
    expect(none.err).toContain('none.yaml: there is no such file');
  });
});

describe('doctor', () => {
  test('finds a running control plane in order, in lines and as JSON', async () => {
    const { code, of } = await doctor('--data', plane.dataDir);
    const text = await ran(['doctor', '--data', plane.dataDir], path());
    expect(of('control plane')).toEqual([
      {
        part: 'control plane',
        level: 'ok',
        detail: `process ${process.pid} answers on ${plane.dataDir}/gateway.sock and is ready`,
      },
    ]);
    expect(of('data folder').map(({ level }) => level)).toEqual(['ok']);
    expect(of('store')[0]?.detail).toContain('not a loss of power');
    // A machine without bubblewrap fails in that part alone.
    expect(code).toBe(of('sandbox')[0]?.level === 'ok' ? 0 : 1);
    expect(text.out).toMatch(/^ok {3}Node\.js: [\d.]+\nok {3}data folder: /);
    expect(text.out).toMatch(/\n\d failures?, \d warnings?\n$/);
  });

  test('names what others could read or change, with the command that closes it', async () => {
    const keys = join(plane.dataDir, 'audit-keys.json');
    const config = await configFile('approvers: []\n');
    await chmod(keys, 0o640);
    await chmod(plane.dataDir, 0o711);
    await chmod(config, 0o622);
    const { code, findings } = await doctor('--data', plane.dataDir, '--config', config);
    await chmod(plane.dataDir, 0o700);
    expect(code).toBe(1);
    const details = findings.filter(({ level }) => level === 'fail').map(({ detail }) => detail);
    expect(details).toEqual(
      expect.arrayContaining([
        `other users can look into ${plane.dataDir}: chmod 700 ${plane.dataDir}`,
        `other users may use ${keys} (mode 640): chmod 600 ${keys}`,
        `other users can change ${config}: chmod go-w ${config}`,
      ]),
    );
    expect(((await stat(keys)).mode & 0o777).toString(8)).toBe('640');
    await chmod(keys, 0o600);
  });

  test('reports a configuration, rules and keys that do not load', async () => {
    const data = await mkdtemp(join(root, 'd-'));
    await writeFile(join(data, 'audit-keys.json'), '{', { mode: 0o600 });
    const config = await configFile('gatway: {}\n');
    const broken = await doctor('--data', data, '--config', config);
    expect(broken.of('configuration')[0]).toMatchObject({ level: 'fail' });
    expect(broken.of('record')[0]?.detail).toContain('is damaged');

    await writeFile(join(data, 'policies.yaml'), 'rules: 7\n', { mode: 0o600 });
    const rules = await doctor('--data', data);
    expect(rules.of('rules')[0]).toMatchObject({ level: 'fail' });
    expect(rules.of('store')[0]?.detail).toBe('not made yet: the first start makes it');
  });

  test('warns where nothing runs, nobody can approve, and Redis cannot be tried', async () => {
    const config = await configFile('approvers: []\nqueue: { url: "redis://127.0.0.1:1" }\n');
    const { of } = await doctor('--data', join(root, 'nothing'), '--config', config);
    for (const part of ['data folder', 'control plane', 'approvers', 'queue']) {
      expect([part, of(part)[0]?.level]).toEqual([part, 'warn']);
    }
    await expect(readFile(join(root, 'nothing', 'lock'))).rejects.toThrow('ENOENT');
  });

  test('says what is no data folder, and whose it is', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    expect((await doctor('--data', file)).of('data folder')[0]?.detail).toContain('is no folder');
    const missing = await doctor('--data', join(root, 'x\x1b[2J'));
    expect(missing.of('data folder')[0]?.level).toBe('warn');
  });

  test('without bubblewrap says that nothing can run, and how to get it', async () => {
    const empty = join(root, 'empty');
    await mkdir(empty);
    const { out } = await ran(['doctor', '--json'], { env: { PATH: empty }, cwd: root });
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    const found = findings.find(({ part }) => part === 'sandbox');
    expect(found?.level).toBe('fail');
    expect(found?.detail).toContain('apt-get install');
  });
});
