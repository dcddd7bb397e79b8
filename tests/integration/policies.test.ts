// Editing the policies with the built program: confirmed in its terminal, kept through a kill -9,
// taken back from another terminal.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const POLICIES = `version: 1
rules:
  # looking is free
  - allow: date
  - deny: shutdown * # never
`;

let plane: Plane;

beforeAll(async () => {
  plane = await startPlane({ policies: POLICIES, args: ['--no-workers'] });
});
afterAll(async () => {
  await plane?.close();
  await endAll();
});

const policyFile = () => readFile(join(plane.folder, 'policies.yaml'), 'utf8');
const asAlice = () => ({ env: { COUNTERSIGN_TOKEN: plane.tokens.alice } });
const stateOf = async (...argv: string[]) => (await plane.submit(argv)).state;

async function killed(): Promise<void> {
  await plane.kill('SIGKILL');
  await plane.start('--no-workers');
}

it('a broad rule is shown, and stored once it is confirmed', async () => {
  const [, code] = await plane.say('!allow git *', /Not stored yet[\s\S]*!confirm ([0-9A-Z]{5})/);
  expect(await policyFile()).toBe(POLICIES);
  await plane.say(`!confirm ${code}`, /Rule 3 is in force: allow: git \*/);
  expect(await stateOf('git', 'status')).toBe('approved');
  await plane.say('!undo', /Removed: allow: git \*, which you had added/);
  expect(await stateOf('git', 'status')).toBe('pending');
  expect(await policyFile()).toBe(POLICIES);
});

it('a code is forgotten by a restart, which is told', async () => {
  const [, code] = await plane.say('!allow git *', /Not stored yet[\s\S]*!confirm ([0-9A-Z]{5})/);
  await killed();
  await plane.say(`!confirm ${code}`, /Nothing waits for/);
  expect(await policyFile()).toBe(POLICIES);
});

it('a grant keeps its uses through a kill -9, and ends by them', async () => {
  await plane.say('!allow uname -a for 1h uses 2', /Grant g1 is in force/);
  expect(await stateOf('uname', '-a')).toBe('approved');
  await killed();
  await plane.say('!policies uname', /g1\. allow: uname -a[\s\S]*1 use left, by console:local/);
  expect(await stateOf('uname', '-a')).toBe('approved');
  expect(await stateOf('uname', '-a')).toBe('pending');
});

it('what was removed in one terminal is put back from another, after a restart, as it stood', async () => {
  await plane.say('!forget 1', /Removed: allow: date/);
  expect(await stateOf('date')).toBe('pending');
  await killed();
  const undone = await plane.command(['policy', 'undo'], asAlice());
  expect(undone.stdout).toBe(
    'Put back: allow: date, which console:local had removed. It is in force again.\n',
  );
  expect(await stateOf('date')).toBe('approved');
  expect(await policyFile()).toBe(POLICIES);
});

it('the third approval of alike commands, wherever it is given, brings a proposal here', async () => {
  for (const name of ['unit', 'e2e', 'ui']) {
    const { id } = await plane.submit(['npm', 'run', `test:${name}`]);
    const approved = await plane.command(['approve', id], asAlice());
    expect(approved.code).toBe(0);
  }
  await plane.shows(
    /3 alike commands of token:agent were approved by hand[\s\S]*!allow npm run test:\* in \S+ from token:agent for 8h/,
  );
});

it('approved for an hour, exactly this runs unasked', async () => {
  const { id } = await plane.submit(['make', 'it so']);
  const approved = await plane.command(['approve', id, '--for', '1h'], asAlice());
  expect(approved.stdout).toMatch(/Exactly this runs unasked for 1 h/);
  expect(await stateOf('make', 'it so')).toBe('approved');
  expect(await stateOf('make', 'it')).toBe('pending');
});
