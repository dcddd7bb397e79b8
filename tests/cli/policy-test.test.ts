// `policy test`: exit codes and what is printed, for people and for programs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ran } from './recording-terminal.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const tested = async (text: string, ...more: string[]) => {
  await writeFile(join(root, 'p.yaml'), text);
  const argv = ['policy', 'test', '--policies', 'p.yaml', ...more];
  return ran(argv, { cwd: root, env: { COUNTERSIGN_DATA: root } });
};

const FAILING = `rules:
  - allow: ls *
    examples: { match: ["ls; \\u001b[2J"], not_match: [ls -l, pwd] }
`;

test('all examples hold', async () => {
  const { code, out, err } = await tested('rules: [{ deny: rm, examples: { match: [rm x] } }]');
  expect([code, out, err]).toEqual([0, '1 example of 1 rule: all hold\n', '']);
});

test('every example that fails is shown, with how it was read and why', async () => {
  const { code, out, err } = await tested(FAILING);
  expect([code, err]).toEqual([1, '']);
  expect(out).toMatch(/p\.yaml:2: allow: ls \*\n {2}does not match "ls; \\u001b\[2J"/);
  expect(out).toMatch(/because {2}it cannot be read safely/);
  expect(out).toMatch(/ {2}matches "ls -l", which is in its not_match\n {4}read as {2}ls -l\n/);
  expect(out).toMatch(/\n3 examples of 1 rule: 2 do not hold\n$/);
});

test('other mistakes are told, too, and end with 2', async () => {
  const { code, out, err } = await tested(`${FAILING}alow: []\n`);
  expect([code, err]).toEqual([2, expect.stringMatching(/p\.yaml:4: "alow"/)]);
  expect(out).toContain('2 do not hold');
});

test('as JSON', async () => {
  const { code, out } = await tested(FAILING, '--json');
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      ok: false,
      policies: join(root, 'p.yaml'),
      examples: 3,
      rules: 1,
      failing: [
        expect.objectContaining({ list: 'match', understood: false }),
        {
          at: `${join(root, 'p.yaml')}:2`,
          rule: 'allow: ls *',
          example: 'ls -l',
          list: 'not_match',
          commands: [['ls', '-l']],
          understood: true,
          reasons: [],
        },
      ],
      problems: [],
    },
  ]);
});

test('a named file must be there; without any there is nothing to test', async () => {
  const setting = { cwd: root, env: { COUNTERSIGN_DATA: join(root, 'none') } };
  const named = await ran(['policy', 'test', '--policies', 'no.yaml'], setting);
  const none = await ran(['policy', 'test'], setting);
  expect([named.code, named.err]).toEqual([2, expect.stringContaining('there is no such file')]);
  expect([none.code, none.out, none.err]).toEqual([
    0,
    '0 examples of 0 rules: all hold\n',
    expect.stringContaining('There is no'),
  ]);
});
