// What only root's runs have: a user of their own for each slot, and files that come to belong to
// the workspace's owner all the same. Skipped by name for an ordinary user.
import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
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
import type { Bubblewrap } from '../../src/workers/bubblewrap.ts';
import { commandLines, type RunOptions, runIn } from '../contract/sandbox.ts';
import { needBubblewrap, openForTest } from './sandbox-services.ts';

const OWNER = 4711;

needBubblewrap(() => {
  describe.skipIf(process.getuid?.() !== 0)('bubblewrap as root (skipped: not root)', () => {
    let folder: string;
    let workspace: string;
    let sandbox: Bubblewrap;
    const shell = async (command: string, more: Partial<RunOptions> = {}) =>
      runIn(sandbox, { workspace, ...more, action: { kind: 'shell', command } });

    beforeEach(async () => {
      // Under a folder that nobody but root may enter, as /root is.
      folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-root-')));
      await chmod(folder, 0o700);
      workspace = join(folder, 'workspace');
      ({ sandbox } = await openForTest(folder));
    });
    afterEach(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    const owned = async (path: string) => {
      const { uid, gid } = await lstat(join(workspace, path));
      return { path, uid, gid };
    };

    it.each([
      ['root', 0, 0o700],
      ['an ordinary user', OWNER, 0o700],
      ['an ordinary user, in a group of its own', OWNER, 0o750],
    ] as const)('files made in a workspace of %s are theirs', async (_, uid, mode) => {
      await mkdir(join(workspace, 'nested'));
      await writeFile(join(workspace, 'nested/before'), 'before\n');
      const gid = mode === 0o750 ? uid + 1 : uid;
      for (const path of ['', 'nested', 'nested/before'])
        await chown(join(workspace, path), uid, gid);
      await chmod(workspace, mode);
      const { stdout, exit, stderr } = await shell(
        'echo more >> nested/before && cat nested/before && mkdir -p a/b && echo x > a/b/c && ' +
          'mv nested/before nested/after && ln -s c a/b/link && stat -c "%U %u" . nested/after',
      );
      expect({ stdout, stderr, exitCode: exit.exitCode }).toEqual({
        stdout: 'before\nmore\naction 1000\naction 1000\n',
        stderr: '',
        exitCode: 0,
      });
      for (const path of ['a', 'a/b', 'a/b/c', 'a/b/link', 'nested', 'nested/after']) {
        expect(await owned(path)).toEqual({ path, uid, gid });
      }
    });

    it("other people's files in it stay theirs: an owner of a folder is not root", async () => {
      await chown(workspace, OWNER, OWNER);
      await writeFile(join(workspace, 'roots'), 'private\n', { mode: 0o600 });
      await writeFile(join(workspace, 'public'), 'public\n', { mode: 0o644 });
      await writeFile(join(workspace, 'others'), 'theirs\n', { mode: 0o600 });
      await chown(join(workspace, 'others'), OWNER + 1, OWNER + 1);
      const { stdout } = await shell(
        'for f in roots public others; do cat $f 2>/dev/null; echo x >> $f && echo written; ' +
          'chown 1000 $f 2>/dev/null && echo taken; chmod 666 $f 2>/dev/null && echo opened; done; true',
      );
      expect(stdout).toBe('public\n');
      expect([await owned('roots'), await owned('others')]).toEqual([
        { path: 'roots', uid: 0, gid: 0 },
        { path: 'others', uid: OWNER + 1, gid: OWNER + 1 },
      ]);
    });

    it("a user's files in a workspace of root's are as closed as to anybody else", async () => {
      await writeFile(join(workspace, 'theirs'), 'theirs\n', { mode: 0o600 });
      await chown(join(workspace, 'theirs'), OWNER, OWNER);
      const { stdout, exit } = await shell('cat theirs');
      expect({ stdout, exitCode: exit.exitCode }).toEqual({ stdout: '', exitCode: 1 });
    });

    it('a root-owned program with the set-user-ID bit cannot be made in it', async () => {
      const { stdout } = await shell(
        'cp /bin/bash mine; chmod 4755 mine; stat -c %a mine; cp --preserve=mode mine copy; stat -c %a copy',
      );
      expect(stdout).toBe('755\n755\n');
    });

    it('each slot has an unprivileged user of its own on the host', async () => {
      const controller = new AbortController();
      const runs = [0, 1].map(async (slot) =>
        shell(`exec sleep 6${slot}.25`, { slot, signal: controller.signal }),
      );
      const outside = async () => Promise.all(['60.25', '61.25'].map(uidOfSleep));
      await expect.poll(outside, { timeout: 10_000 }).not.toContain(null);
      const [first, second] = await outside();
      controller.abort();
      await Promise.all(runs);
      expect(first).toBeGreaterThanOrEqual(60_580);
      expect(second).toBe((first ?? 0) + 1);
      const passwd = await readFile('/etc/passwd', 'utf8');
      expect(passwd.split('\n').map((line) => line.split(':')[2])).not.toContain(String(first));
    });

    it('a workspace behind a symbolic link is refused, and told by its real name', async () => {
      const link = join(folder, 'link');
      await symlink('/etc', link);
      const running = runIn(sandbox, {
        workspace: link,
        action: { kind: 'exec', argv: ['touch', 'mark'] },
      });
      await expect(running).rejects.toThrow(/workspace .*link/);
      await mkdir(join(workspace, 'inner'));
      await symlink(workspace, join(folder, 'elsewhere'));
      const through = runIn(sandbox, {
        workspace: join(folder, 'elsewhere/inner'),
        action: { kind: 'exec', argv: ['true'] },
      });
      await expect(through).rejects.toThrow(`name it as ${join(workspace, 'inner')}`);
    });

    it('a folder made for a requester is given to an unprivileged user, a filled one is not', async () => {
      const own = join(folder, 'own');
      await mkdir(own, { mode: 0o700 });
      await sandbox.prepareOwnWorkspace(own);
      const { uid } = await lstat(own);
      expect(uid).toBeGreaterThanOrEqual(60_580);
      await runIn(sandbox, { workspace: own, action: { kind: 'exec', argv: ['touch', 'made'] } });
      expect((await lstat(join(own, 'made'))).uid).toBe(uid);
      await writeFile(join(workspace, 'something'), '');
      await sandbox.prepareOwnWorkspace(workspace);
      expect((await lstat(workspace)).uid).toBe(0);
    });

    it('where the file system cannot be id-mapped, its owner runs, and root is refused', async (test) => {
      const merged = await overlay(folder);
      if (merged === null) test.skip('no overlay file system can be mounted here');
      else {
        try {
          const run = async () =>
            runIn(sandbox, {
              workspace: merged,
              action: { kind: 'shell', command: 'echo made > made; id -u' },
            });
          await expect(run()).rejects.toThrow(/belongs to root and .* cannot be id-mapped/);
          expect(await readdir(merged)).toEqual([]);
          await chown(merged, OWNER, OWNER + 1);
          expect((await run()).stdout).toBe('1000\n');
          const { uid, gid } = await lstat(join(merged, 'made'));
          expect({ uid, gid }).toEqual({ uid: OWNER, gid: OWNER + 1 });
        } finally {
          execFileSync('umount', [merged]);
        }
      }
    });
  });
});

/** A mounted overlay, which no kernel id-maps as a whole; null where none can be mounted. */
async function overlay(folder: string): Promise<string | null> {
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
    join(folder, name),
  );
  for (const path of [lower, upper, work, merged]) await mkdir(path ?? '');
  try {
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, merged ?? ''], {
      stdio: 'ignore',
    });
    return merged ?? null;
  } catch {
    return null;
  }
}

/** Whose `sleep` of that duration is on the host; null while there is none. */
async function uidOfSleep(duration: string): Promise<number | null> {
  // The shell that becomes it has the same words in one argument.
  const [line] = await commandLines(`sleep\0${duration}\0`);
  if (line === undefined) return null;
  const status = await readFile(`/proc/${line.split(' ')[0]}/status`, 'utf8').catch(() => '');
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? null : Number(uid);
}
