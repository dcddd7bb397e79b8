// The keys of the record: made once, for their owner alone, and never made anew over a damaged
// file.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditKeyError, openKeyRing, readKeyRing } from '../../src/audit/keys.ts';

let folder: string;
let path: string;
const random = (sizeBytes: number) => randomBytes(sizeBytes);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  path = join(folder, 'audit-keys.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('the first key is made on first use, readable by its owner alone', async () => {
  const before = process.umask(0o000);
  try {
    const { current, find } = await openKeyRing(path, random);
    expect(current.secret).toHaveLength(32);
    expect(find(current.id)).toEqual(current);
    expect(find('k-other')).toBeUndefined();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['audit-keys.json']);
  } finally {
    process.umask(before);
  }
});

test('it is made once: opening and reading again give the same key', async () => {
  const first = await openKeyRing(path, random);
  const text = await readFile(path, 'utf8');
  expect((await openKeyRing(path, random)).current).toEqual(first.current);
  expect((await readKeyRing(path))?.current).toEqual(first.current);
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('reading makes nothing', async () => {
  expect(await readKeyRing(path)).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

test('retired keys are found by their id', async () => {
  const keys = ['k-1', 'k-2'].map((id, at) => ({ id, secret: `${at}`.repeat(64) }));
  await writeFile(path, JSON.stringify({ current: 'k-2', keys }));
  const ring = await openKeyRing(path, random);
  expect(ring.current.id).toBe('k-2');
  expect(ring.find('k-1')?.secret).toEqual(Buffer.alloc(32));
});

const secret = 'a'.repeat(64);
const DAMAGED = {
  empty: '',
  'not JSON': '{',
  'another shape': '{"current":"k-1"}',
  'no keys': '{"current":"k-1","keys":[]}',
  'a short secret': `{"current":"k-1","keys":[{"id":"k-1","secret":"${'a'.repeat(62)}"}]}`,
  'an unknown field': `{"current":"k-1","keys":[{"id":"k-1","secret":"${secret}","x":1}]}`,
};

for (const [what, text] of Object.entries(DAMAGED)) {
  test(`a damaged file (${what}) is an error that says what to do, and is left alone`, async () => {
    await writeFile(path, text);
    const message = `${path} is damaged. Restore it from a backup: without it the record cannot be verified.`;
    // One after the other: a rejection that nobody waits for yet would be a fault of its own.
    await expect(openKeyRing(path, random)).rejects.toThrow(new AuditKeyError(message));
    await expect(readKeyRing(path)).rejects.toThrow(new AuditKeyError(message));
    expect(await readFile(path, 'utf8')).toBe(text);
  });
}

test('a file without the key that it calls current is an error that names it', async () => {
  await writeFile(path, `{"current":"k-2","keys":[{"id":"k-1","secret":"${secret}"}]}`);
  await expect(openKeyRing(path, random)).rejects.toThrow(
    new AuditKeyError(`${path} names the current key k-2, but does not hold it`),
  );
});

test('a file that cannot be read is an error, not a reason to make a new one', async () => {
  await mkdir(path);
  await expect(openKeyRing(path, random)).rejects.toThrow(AuditKeyError);
});
