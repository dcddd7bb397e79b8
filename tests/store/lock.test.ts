// One process in a data folder, whatever happens to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockByFile, lockFolder } from '../../src/store/lock.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-lock-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await rm(folder, { recursive: true, force: true });
});

function startHolder(): ChildProcess {
  const file = join(import.meta.dirname, 'lock-holder.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', file, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [text] = await once(child.stdout ?? child, 'data');
  return String(text).trim();
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('the lock of a data folder', () => {
  it('keeps a second process out and names the first', async () => {
    const holder = startHolder();
    expect(await firstLine(holder)).toBe('locked');
    await expect(lockFolder(folder)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'locked',
      message: expect.stringMatching(
        new RegExp(
          `^the data folder ${folder} is in use by process ${holder.pid} on ${hostname()}, since ` +
            '\\d{4}-.*Z\\. Stop that Countersign first, or give this one a data folder of its own',
        ),
      ),
    });
  });

  it('is free at once when its holder is killed', async () => {
    const holder = startHolder();
    expect(await firstLine(holder)).toBe('locked');
    await kill(holder);
    const lock = await lockFolder(folder);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is won by exactly one of many that race, also over what a killed one left', async () => {
    const first = startHolder();
    await firstLine(first);
    await kill(first);
    const racers = Array.from({ length: 6 }, startHolder);
    const answers = await Promise.all(racers.map(firstLine));
    expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith('refused: '))).toHaveLength(5);
  });

  it('holds within one process too, and again after its release', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ kind: 'locked' });
    await lock.release();
    await (await lockFolder(folder)).release();
  });

  if (process.platform === 'linux')
    it('sees a holder in another container, which shares the folder and not the network', async () => {
      const there = createServer().listen(join(folder, 'lock.sock'));
      await once(there, 'listening');
      await expect(lockFolder(folder)).rejects.toMatchObject({ kind: 'locked' });
      there.close();
      await once(there, 'close');
      await (await lockFolder(folder)).release();
    });
});

describe('the lock of a data folder where no socket can hold it', () => {
  const write = (holder: object) => writeFile(join(folder, 'lock'), JSON.stringify(holder));
  const since = '2026-01-01T00:00:00.000Z';
  const refused = { name: 'StoreError', kind: 'locked' };

  it('is held by a process that lives, and freed by its release', async () => {
    const lock = await lockByFile(folder, join(folder, 'lock'));
    await expect(lockByFile(folder, join(folder, 'lock'))).rejects.toMatchObject(refused);
    await lock.release();
    await (await lockByFile(folder, join(folder, 'lock'))).release();
  });

  it('is taken over from a process that is gone', async () => {
    const gone = spawn('true');
    await once(gone, 'exit');
    await write({ pid: gone.pid, host: hostname(), since, began: null });
    await lockByFile(folder, join(folder, 'lock'));
    expect(JSON.parse(await readFile(join(folder, 'lock'), 'utf8')).pid).toBe(process.pid);
  });

  it('is taken over when another process has the id now', async () => {
    await write({ pid: process.pid, host: hostname(), since, began: 'another moment' });
    await (await lockByFile(folder, join(folder, 'lock'))).release();
  });

  it('is not taken over from another machine, of which nothing can be known', async () => {
    await write({ pid: 1, host: 'another-machine', since, began: null });
    await expect(lockByFile(folder, join(folder, 'lock'))).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('process 1 on another-machine'),
    });
  });
});
