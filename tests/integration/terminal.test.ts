// The control plane in a real terminal (a pseudo-terminal of script(1)): prompt, cards, Ctrl-C; and
// the very first start, with no configuration at all.
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireService } from '../services.ts';
import { ensureProgram, PROGRAM } from './built.ts';
import { environment } from './program.ts';
import { endAll, Spawned } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');

const SOON = { timeout: 60_000, interval: 10 };

/** The one child of a process, once it has one. */
function childOf(pid: number): number | null {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? null : Number(children.split(' ')[0]);
}

describe.skipIf(!bubblewrap.available)(`a real terminal${bubblewrap.note}`, () => {
  let home: string;
  beforeEach(async () => {
    await ensureProgram();
    home = await realpath(await mkdtemp(join(tmpdir(), 'countersign-terminal-')));
  });
  afterEach(async () => {
    await endAll();
    await rm(home, { recursive: true, force: true });
  });

  const here = () => ({ env: environment(home), cwd: home });
  const inTerminal = (words: string) =>
    new Spawned(
      'script',
      ['-qefc', `stty cols 100; ${process.execPath} ${PROGRAM} ${words}`, '/dev/null'],
      {
        ...here(),
        input: 'open',
      },
    );
  const command = (...words: string[]) =>
    new Spawned(process.execPath, [PROGRAM, ...words], { ...here(), input: 'none' });

  // What was killed leaves a child that writes on for seconds; the next start fell over its files.
  it('killed while it makes its first database, it makes another at the next start', async () => {
    const dataDir = join(home, 'data');
    const start = () =>
      new Spawned(process.execPath, [PROGRAM, 'start', '--data', dataDir], {
        ...here(),
        input: 'open',
      });
    const killed = start();
    await killed.until(/making a new embedded database/);
    await expect.poll(() => childOf(killed.pid), SOON).not.toBeNull();
    const child = childOf(killed.pid) ?? 0;
    const written = async () => {
      const names = (await readdir(dataDir)).filter((name) => /^db\.new/.test(name));
      const all = await Promise.all(
        names.map((name) => readdir(join(dataDir, name), { recursive: true })),
      );
      return all.flat().length;
    };
    await expect.poll(written, SOON).toBeGreaterThan(20);
    // It stands still until the next start is at the same point, and then goes on.
    process.kill(child, 'SIGSTOP');
    await killed.kill('SIGKILL');
    const plane = start();
    await plane.until(/making a new embedded database/);
    process.kill(child, 'SIGCONT');
    await plane.until(/Here: !help/);
    const run = command('run', '--data', dataDir, '--', 'uname', '-s');
    const [, id = ''] = await run.until(/^([0-9A-Z]{5}) waits for approval/m);
    plane.type(`!approve ${id}`);
    expect(await run.ended()).toMatchObject({ code: 0, stdout: 'Linux\n' });
  });

  it('starts with nothing, is approved in, shows its token once, and ends with Ctrl-C', async () => {
    const plane = inTerminal('start');
    const [, token = ''] = await plane.until(/export COUNTERSIGN_TOKEN=(cs_[\w-]+)/);
    await plane.until(/countersign> /);
    const dataDir = join(home, '.local', 'state', 'countersign');

    const run = command('run', '--', 'uname', '-s');
    const [, id = ''] = await run.until(/^([0-9A-Z]{5}) waits for approval/m);
    await plane.until(new RegExp(`${id} waits for approval`));
    // As a keyboard does it: Enter is a carriage return.
    plane.child.stdin?.write(`!approve ${id}\r`);
    expect(await run.ended()).toMatchObject({ code: 0, stdout: 'Linux\n' });
    await plane.until(new RegExp(`${id} succeeded[\\s\\S]*Its output:`));

    const other = command('run', '--', 'uname', '-s');
    const [, second = ''] = await other.until(/^([0-9A-Z]{5}) waits for approval/m);
    const approved = new Spawned(process.execPath, [PROGRAM, 'approve', second], {
      env: { ...environment(home), COUNTERSIGN_TOKEN: token },
      cwd: home,
      input: 'none',
    });
    expect(await approved.ended()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${second} is approved by token:first`),
    });
    expect(await other.ended()).toMatchObject({ code: 0, stdout: 'Linux\n' });

    plane.child.stdin?.write('\x03');
    expect((await plane.ended()).code).toBe(0);
    expect(plane.stdout).toContain('Stopping (Ctrl-C)');
    // The log of a terminal that shows cards is a file, and no token is in it.
    const log = await readFile(join(dataDir, 'countersign.log'), 'utf8');
    expect(log).toContain('console is up');
    expect(log).not.toContain(token);

    const again = inTerminal('start');
    await again.until(/countersign> /);
    expect(again.stdout).not.toContain('COUNTERSIGN_TOKEN');
    again.child.stdin?.write('\x03');
    expect((await again.ended()).code).toBe(0);
  });
});
