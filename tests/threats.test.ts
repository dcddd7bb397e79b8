// THREATS.md names a test for each measure: every one of them must be there.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const root = new URL('..', import.meta.url);

test('every test that the threat model names is there', async () => {
  const model = await readFile(new URL('THREATS.md', root), 'utf8');
  const named = [...model.matchAll(/`(tests\/[\w/.-]+\.ts)`\s+"([^"]+)"/g)];
  expect(named.length).toBeGreaterThan(40);
  const missing: string[] = [];
  for (const [, file = '', title = ''] of named) {
    const text = await readFile(new URL(file, root), 'utf8').catch(() => '');
    if (!text.includes(title.replaceAll(/\s+/g, ' '))) missing.push(`${file}: ${title}`);
  }
  expect(missing).toEqual([]);
});
