// The bubblewrap backend around its runs: missing programs, hidden and readable paths, a killed
// control plane and what it leaves behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/bus/action.ts';
import { ownCgroups } from '../../src/workers/cgroup-hierarchies.ts';
import { SandboxRefused } from '../../src/workers/sandbox.ts';
import { commandLines, runIn } from '../contract/sandbox.ts';
import { needBubblewrap, openForTest } from './sandbox-services.ts';

let folder: string;
let workspace: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-life-')));
  workspace = join(folder, 'workspace');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('without bubblewrap', () => {
  it('nothing runs, and check and run both say how to get it', async () => {
    const { sandbox } = await openForTest(folder, { env: { path: folder } });
    const check = await sandbox.check();
    expect(check.ok).toBe(false);
    expect(check.detail).toContain('`apt-get install ');
    expect(check.detail).toContain('bubblewrap');
    const running = runIn(sandbox, { workspace, action: { kind: 'exec', argv: ['touch', 'ran'] } });
    await expect(running).rejects.toThrow(SandboxRefused);
    expect(await readdir(workspace)).toEqual([]);
  });
});

needBubblewrap(() => {
  describe('bubblewrap around its runs', () => {
    it('shows extra readable paths, read-only, and nothing beside them', async () => {
      const shown = join(folder, 'tools');
      await mkdir(shown);
      await mkdir(join(folder, 'secrets'));
      await writeFile(join(shown, 'tool'), 'tool\n');
      const { sandbox } = await openForTest(folder, { readable: ['/opt', shown] });
      const run = async () =>
        runIn(sandbox, {
          workspace,
          action: { kind: 'shell', command: `ls ${folder}; cat ${shown}/tool; touch ${shown}/new` },
        });
      if (process.getuid?.() === 0) await expect(run()).rejects.toThrow(`chmod o+x`);
      await chmod(folder, 0o755);
      const { stdout, exit } = await run();
      expect({ stdout, exitCode: exit.exitCode }).toEqual({
        stdout: 'tools\nworkspace\ntool\n',
        exitCode: 1,
      });
    });

    it("hides Countersign's own files where a workspace holds them", async () => {
      const secrets = join(workspace, '.state/countersign');
      await mkdir(secrets, { recursive: true });
      await writeFile(join(secrets, 'key'), 'key\n');
      await symlink(secrets, join(folder, 'link'));
      await writeFile(join(workspace, 'countersign.yaml'), 'secret\n');
      const { sandbox } = await openForTest(folder, {
        hidden: [join(folder, 'link'), join(workspace, 'countersign.yaml'), join(folder, 'no')],
        hiddenFiles: [],
      });
      const { stdout, exit } = await runIn(sandbox, {
        workspace,
        action: {
          kind: 'shell',
          command:
            'ls -A .state/countersign; cat countersign.yaml; touch .state/countersign/x; ' +
            'mv .state moved && echo moved; mv countersign.yaml moved && echo moved; ' +
            'touch .state/other; rm -rf .state; echo; ls -A .',
        },
      });
      expect({ stdout, exitCode: exit.exitCode }).toEqual({
        stdout: '\n.state\ncountersign.yaml\n',
        exitCode: 0,
      });
      expect(await readFile(join(secrets, 'key'), 'utf8')).toBe('key\n');
      expect(await readdir(join(workspace, '.state'))).toEqual(['countersign']);
    });

    it('hides the rules with their directory, or alone where that is the workspace', async () => {
      await mkdir(join(workspace, 'etc'), { recursive: true });
      await writeFile(join(workspace, 'etc', 'policies.yaml'), 'rules\n');
      await writeFile(join(workspace, 'countersign.yaml'), 'keys\n');
      const { sandbox } = await openForTest(folder, {
        hiddenFiles: [join(workspace, 'etc', 'policies.yaml'), join(workspace, 'countersign.yaml')],
      });
      const command = 'ls -A etc; echo x >etc/policies.yaml; cat countersign.yaml; echo x >new; ls';
      const { stdout } = await runIn(sandbox, { workspace, action: { kind: 'shell', command } });
      expect(stdout).toBe('countersign.yaml\netc\nnew\n');
      expect(await readFile(join(workspace, 'etc', 'policies.yaml'), 'utf8')).toBe('rules\n');
      expect(await readFile(join(workspace, 'countersign.yaml'), 'utf8')).toBe('keys\n');
    });

    it('leaves nothing running when the control plane is killed, and clears up at the next start', async () => {
      const stamp = `4${Date.now() % 100_000_000}`;
      const script = join(import.meta.dirname, 'control-plane.ts');
      const line = `trap '' TERM HUP; setsid sleep ${stamp} & sleep ${stamp} & echo ready; wait; echo on`;
      const plane = spawn(process.execPath, ['--import', 'tsx', script, folder, line], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(plane, 'close');
      const [ready] = await Promise.race([once(plane.stdout, 'data'), closed]);
      expect(String(ready)).toBe('ready\n');
      expect((await commandLines(stamp)).length).toBeGreaterThanOrEqual(2);
      plane.kill('SIGKILL');
      await closed;
      await expect.poll(async () => commandLines(stamp), { timeout: 5000 }).toEqual([]);
      const left = await cgroupsOf(folder);
      if (process.getuid?.() === 0) expect(left.length).toBeGreaterThan(0);
      const { sandbox } = await openForTest(folder);
      expect(await cgroupsOf(folder)).toEqual([]);
      const { stdout } = await runIn(sandbox, {
        workspace,
        action: { kind: 'exec', argv: ['echo', 'again'] },
      });
      expect(stdout).toBe('again\n');
    });

    it('leaves no cgroup and no descriptor behind a run', async () => {
      const { sandbox } = await openForTest(folder);
      const run = async (command: string) =>
        runIn(sandbox, { workspace, action: { kind: 'shell', command } });
      await run('true');
      const before = (await readdir('/proc/self/fd')).length;
      for (const command of ['echo hi', 'exit 3', 'no-such', 'kill -9 $$']) await run(command);
      await run('true').catch(() => {});
      expect((await readdir('/proc/self/fd')).length).toBe(before);
      expect(await cgroupsOf(folder)).toEqual([]);
    });

    it('has slots enough and refuses one more', async () => {
      const { sandbox } = await openForTest(folder, { slots: 2 });
      const running = runIn(sandbox, {
        workspace,
        slot: 3,
        action: { kind: 'exec', argv: ['true'] },
      });
      await expect(running).rejects.toThrow(/no slot 3/);
    });
  });
});

/** Cgroups that hold or held runs of this folder's backend. */
async function cgroupsOf(directory: string): Promise<string[]> {
  const prefix = `countersign-${sha256Hex(join(directory, 'state')).slice(0, 10)}-`;
  const own = ownCgroups(
    await readFile('/proc/self/mountinfo', 'utf8'),
    await readFile('/proc/self/cgroup', 'utf8'),
  );
  const bases = [
    ...own.legacy.values(),
    ...(own.unified === null ? [] : [own.unified.own, own.unified.top]),
  ];
  const found: string[] = [];
  for (const base of new Set(bases)) {
    const names = await readdir(base).catch(() => []);
    found.push(...names.filter((name) => name.startsWith(prefix)).map((name) => join(base, name)));
  }
  return found;
}
