// `policy add`, `remove`, `undo` and `list`, and `approve --for`, against a real gateway.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APPROVER_TOKEN, openPlane, type Plane } from './plane.ts';
import { Running, ran, type Setting } from './recording-terminal.ts';

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(async () => {
  await plane.close();
});

const asApprover = (): Setting => ({
  cwd: plane.workspace,
  env: { COUNTERSIGN_DATA: plane.dataDir, COUNTERSIGN_TOKEN: APPROVER_TOKEN },
});
const add = (...words: string[]) => ran(['policy', 'add', ...words], asApprover());
const policyJson = async (...words: string[]) =>
  JSON.parse((await ran(['policy', ...words, '--json'], asApprover())).out);

test('conditions and the reason are stored with the rule, and listed', async () => {
  const scope = ['--in', '~/code/**', '--from', 'telegram:1', '--on', 'telegram'];
  const added = await add('ask', 'npm publish', ...scope, '--by', '2', '--reason', 'two of us');
  expect(added).toEqual({ code: 0, out: 'Rule 1 is in force: ask: npm publish\n', err: '' });
  expect((await ran(['policy', 'list'], asApprover())).out).toContain(
    '2 approvals, in ~/code/**, from telegram:1, on telegram, two of us',
  );
  expect((await ran(['policy', 'undo'], asApprover())).out).toBe(
    'Removed: ask: npm publish, which you had added. It is no longer in force.\n',
  );
});

test('an end makes it a grant, listed with what is left', async () => {
  const added = await add('allow', 'make all', '--for', '2h', '--uses', '3');
  expect(added.out).toMatch(
    /^Grant g1 is in force until \S+(?: \S+)?, for 3 uses: allow: make all\n$/,
  );
  expect((await ran(['policy', 'list'], asApprover())).out).toMatch(
    /\ng1 +allow: make all +2 h or 3 uses left, by token:alice\n/,
  );
  expect(await policyJson('list')).toMatchObject({
    rules: [],
    grants: [{ id: 'g1', written: 'allow: make all', uses_left: 3, created_by: 'token:alice' }],
  });
  expect((await ran(['policy', 'remove', 'g1'], asApprover())).out).toBe(
    'Revoked: g1 (allow: make all). It is no longer in force.\n',
  );
  expect((await ran(['policy', 'undo'], asApprover())).out).toBe(
    'Granted again: g1 (allow: make all), which you had revoked.\n',
  );
  await ran(['policy', 'remove', 'g1'], asApprover());
});

describe('a broad rule', () => {
  test('is shown and refused without a terminal, and stored with --yes', async () => {
    const refused = await add('allow', 'git *');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('It is broad: anything may follow git.');
    expect(refused.err).toContain('  means    git, then any further words or none');
    expect(refused.err).toContain('--yes');
    expect(await add('allow', 'git *', '--yes')).toMatchObject({ code: 0 });
    await ran(['policy', 'undo'], asApprover());
  });

  test('tells programs that it has to be confirmed', async () => {
    const refused = await ran(['policy', 'add', 'allow', 'git *', '--json'], asApprover());
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out || refused.err)).toMatchObject({
      error: { code: 'confirmation_needed' },
    });
  });

  test.each([
    ['y', 0, 'Rule 1 is in force: allow: npm *'],
    ['', 1, ''],
    ['yes please', 1, ''],
  ])('is asked about on a terminal: %j', async (answer, code, out) => {
    const setting = { ...asApprover(), isInteractive: true };
    const running = new Running(['policy', 'add', 'allow', 'npm *'], setting);
    await running.until(/It is broad/);
    running.input.end(`${answer}\n`);
    await running.done;
    expect([running.exitCode, running.out.split('\n')[0]]).toEqual([code, out]);
    if (code === 0) await ran(['policy', 'undo'], asApprover());
  });
});

test('on a terminal it is told how the rule was understood', async () => {
  const setting = { ...asApprover(), isInteractive: true };
  const { out } = await ran(['policy', 'add', 'allow', 'Bash(npm run test:*)'], setting);
  expect(out).toContain('Rule 1 is in force: allow: npm run test *\n');
  expect(out).toContain('  matches  npm run test   npm run test some\n');
  await ran(['policy', 'undo'], asApprover());
});

test.each([
  [['allow', 'x', '--for', '2x'], /write a time such as 30m/],
  [['allow', 'x', '--for', '400d'], /at most 90 days/],
  [['allow', 'x', '--uses', '0'], /whole number/],
  [['allow', 'x', '--in', 'src'], /must be an absolute directory/],
  [['allow', 'x', '--from', 'ana'], /platform:stable-id/],
  [['maybe', 'x'], /is no effect/],
])('policy add %j is wrong use', async (words, why) => {
  const { code, err } = await add(...words);
  expect([code, err]).toEqual([2, expect.stringMatching(why)]);
});

test('undo without a change says so', async () => {
  for (;;) {
    const { code, err } = await ran(['policy', 'undo'], asApprover());
    if (code === 0) continue;
    expect([code, err]).toEqual([1, expect.stringContaining('no change that could be undone')]);
    break;
  }
});

test('approve --for allows exactly this for a time', async () => {
  const submitted = await ran(['run', '--no-wait', '--', 'make', 'it so'], asApprover());
  // Its own requester may not approve it; somebody else asked for this one.
  expect(submitted.code).toBe(0);
  const bot = { ...asApprover(), env: { COUNTERSIGN_DATA: plane.dataDir } };
  const id = (await ran(['run', '--no-wait', '--', 'make', 'it so'], bot)).out.trim();
  const approved = await ran(['approve', id, '--for', '1h'], asApprover());
  expect(approved.out).toMatch(
    /Exactly this runs unasked for 1 h, in its directory, for local:\d+/,
  );
  expect((await policyJson('list')).grants).toMatchObject([
    { pattern: 'make "it so"', origin: id, in: plane.workspace },
  ]);
  const run = await plane.nextRun();
  await run.finish(0);
  const again = new Running(['run', '--', 'make', 'it so'], { ...bot, input: '' });
  await (await plane.nextRun()).finish(0);
  await again.done;
  expect(again.exitCode).toBe(0);
});
