// The migrations are what schema.ts says. When this fails: npm run db:generate.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { expect, it } from 'vitest';
import * as schema from '../../src/store/schema.ts';

const FOLDER = join(import.meta.dirname, '../../src/store/migrations');
const read = (file: string) => JSON.parse(readFileSync(join(FOLDER, 'meta', file), 'utf8'));

it('has a migration for everything in schema.ts', async () => {
  const { entries } = read('_journal.json');
  const newest = read(`${String(entries.length - 1).padStart(4, '0')}_snapshot.json`);
  const wanted = generateDrizzleJson(schema, newest.id);
  expect(await generateMigration(newest, wanted)).toEqual([]);
});
