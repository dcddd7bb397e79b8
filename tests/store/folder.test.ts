// The data folder: private, ours, or refused with the reason.
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareDataFolder } from '../../src/store/folder.ts';

let root: string;
let lines: string[];
const options = { log: (line: string) => lines.push(line) };
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-folder-'));
  lines = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

it.each([0o000, 0o022, 0o777])('makes a private folder whatever the umask (%o)', async (umask) => {
  const folder = join(root, 'a', 'b');
  const before = process.umask(umask);
  try {
    await prepareDataFolder(folder, options);
  } finally {
    process.umask(before);
  }
  expect([await modeOf(join(root, 'a')), await modeOf(folder)]).toEqual(['700', '700']);
  expect(lines).toEqual([]);
});

it('closes a folder that others may read, and says so', async () => {
  const folder = join(root, 'open');
  await mkdir(folder);
  await chmod(folder, 0o755);
  await prepareDataFolder(folder, options);
  expect(await modeOf(folder)).toBe('700');
  expect(lines).toEqual([
    `the data folder ${folder} was open to other users: its mode is 0700 now`,
  ]);
});

it('leaves a private folder alone', async () => {
  const folder = join(root, 'private');
  await mkdir(folder, { mode: 0o700 });
  await prepareDataFolder(folder, options);
  expect([await modeOf(folder), lines]).toEqual(['700', []]);
});

it('refuses a file in its place, and one on the way to it', async () => {
  const file = join(root, 'file');
  await writeFile(file, 'mine');
  await expect(prepareDataFolder(file, options)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'unreadable',
    message:
      `the data folder ${file} cannot be used: it is not a folder. Move it aside or choose ` +
      'another data folder',
  });
  await expect(prepareDataFolder(join(file, 'data'), options)).rejects.toMatchObject({
    kind: 'unreadable',
    message: expect.stringMatching(/ENOTDIR.*Make it yourself, or choose another data folder$/),
  });
});

if (process.getuid?.() === 0)
  it('refuses a folder of somebody else, even as root', async () => {
    const folder = join(root, 'theirs');
    await mkdir(folder);
    await chown(folder, 12345, 12345);
    await expect(prepareDataFolder(folder, options)).rejects.toMatchObject({
      kind: 'unreadable',
      message:
        `the data folder ${folder} cannot be used: it belongs to user 12345 and this process runs ` +
        'as user 0. Run Countersign as its owner, or choose another data folder',
    });
  });
else
  it('refuses a folder of ours that we cannot enter', async () => {
    const folder = join(root, 'shut');
    await mkdir(folder, { mode: 0o000 });
    await expect(prepareDataFolder(folder, options)).rejects.toMatchObject({
      kind: 'unreadable',
      message: expect.stringMatching(/cannot be read and written .* Run chmod 700 on it$/),
    });
  });
