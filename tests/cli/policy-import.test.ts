// `policy import`: from files and standard input, printed as a policy file or put in force.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import { APPROVER_TOKEN, openPlane, type Plane, REQUESTER_TOKEN } from './plane.ts';
import { ran, type Setting } from './recording-terminal.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-import-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const SETTINGS = {
  permissions: {
    allow: ['Bash(npm test)', 'Bash(python3 *)', 'Read(/docs/**)'],
    deny: ['Bash(rm:*)'],
  },
};

let folders = 0;
async function setting(input = ''): Promise<Setting & { data: string }> {
  const data = join(root, `data-${folders++}`);
  return { cwd: root, home: join(root, 'home'), input, data, env: { COUNTERSIGN_DATA: data } };
}

async function settingsFile(project: string, name = 'settings.json'): Promise<string> {
  const folder = join(root, project, '.claude');
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(SETTINGS));
  return path;
}

test('prints a policy file with what was carried over, and what was not and why', async () => {
  const path = await settingsFile('shop');
  const { code, out, err } = await ran(
    ['policy', 'import', '--from', 'claude-code', path],
    await setting(),
  );
  expect([code, err]).toEqual([0, '']);
  const parsed = parsePolicyFile(out, 'out');
  const shop = join(root, 'shop');
  expect(parsed.ok && parsed.rules.rules.map((rule) => [rule.written, rule.in])).toEqual([
    ['deny: rm *', `${shop}/**`],
    ['allow: npm test', `${shop}/**`],
    [`allow: read ${shop}/docs/**`, `${shop}/**`],
  ]);
  expect(out).toMatch(/# Carried over: 3\n/);
  expect(out).toMatch(
    /# Not carried over: 1\n# {3}allow: Bash\(python3 \*\)\n# {5}python3 \* would/,
  );
});

test('a person’s own settings hold everywhere; standard input and options say where', async () => {
  const own = await settingsFile('home');
  const argv = ['policy', 'import', '--json', '--from', 'claude-code'];
  const scopes = async (more: string[], input = '') => {
    const { out } = await ran([...argv, ...more], await setting(input));
    const { rules } = JSON.parse(out) as { rules: { pattern: string; in: string | null }[] };
    return rules.filter(({ pattern }) => pattern !== 'rm *').map((rule) => [rule.pattern, rule.in]);
  };
  const text = JSON.stringify(SETTINGS);
  expect([
    await scopes([own]),
    await scopes(['-'], text),
    await scopes(['-', '--in', 'shop', '--root', '~/srv'], text),
  ]).toEqual([
    [
      ['npm test', null],
      [`read ${join(root, 'home', '.claude')}/docs/**`, null],
    ],
    [['npm test', null]],
    [
      ['npm test', `${root}/shop/**`],
      [`read ${root}/home/srv/docs/**`, `${root}/shop/**`],
    ],
  ]);
});

test.each([
  [['policy', 'import', 'x.json'], /--from/],
  [['policy', 'import', '--from', 'codex', 'x.json'], /Allowed choices are claude-code/],
  [['policy', 'import', '--from', 'list'], /missing required argument 'file'/],
  [['policy', 'import', '--from', 'list', 'none.yaml'], /none\.yaml: there is no such file/],
  [['policy', 'import', '--from', 'list', '.'], /this is a folder/],
  [['policy', 'import', '--from', 'claude-code', '-'], /not the JSON of a settings\.json/],
  [['policy', 'import', '--from', 'picoclaw', '--yes', '-'], /--yes belongs to --write/],
])('%j is refused with what to do', async (argv, problem) => {
  const { code, out, err } = await ran(argv, await setting('{'));
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(problem);
});

test('input that is no text, or too much of it, is refused', async () => {
  const argv = ['policy', 'import', '--from', 'list', '-'];
  const binary = await ran(argv, { ...(await setting()), input: Buffer.from([0xff, 0xfe, 0x41]) });
  const large = await ran(argv, { ...(await setting()), input: 'x'.repeat(1024 * 1024 + 1) });
  expect([binary.code, large.code]).toEqual([2, 2]);
  expect([binary.err, large.err]).toEqual([
    expect.stringContaining('not UTF-8'),
    expect.stringContaining('more than 1 MiB'),
  ]);
});

test('what it prints cannot paint the terminal', async () => {
  const text = JSON.stringify({
    permissions: { deny: ['Bash(a\x1b[2J\r\n- allow: ls)', '\x07('] },
  });
  const { out } = await ran(
    ['policy', 'import', '--from', 'claude-code', '-'],
    await setting(text),
  );
  expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  expect(parsePolicyFile(out, 'out').ok).toBe(true);
});

describe('--write', () => {
  const LISTS = 'allow: [ls, "sudo *"]\ndeny: [rm]\n';
  const argv = ['policy', 'import', '--from', 'list', '--write', '-'];

  test('adds to the file where no control plane runs, once', async () => {
    const given = await setting(LISTS);
    const first = await ran(argv, given);
    const second = await ran(argv, given);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.out).toMatch(/added {10}deny: rm\nadded {10}allow: ls \*\n2 added, 0 already/);
    expect(first.out).toContain('Not carried over: 1\n  allow: sudo *\n');
    expect(first.err).toContain('No control plane is running');
    expect(second.out).toContain('0 added, 2 already there, 0 refused.');
    expect(await readFile(join(given.data, 'policies.yaml'), 'utf8')).toBe(
      'version: 1\nrules:\n  - deny: rm\n  - allow: ls *\n',
    );
  });

  test('a broken file is not touched', async () => {
    const given = await setting(LISTS);
    await mkdir(given.data, { recursive: true });
    await writeFile(join(given.data, 'policies.yaml'), 'rules: 7\n');
    const { code, err } = await ran(argv, given);
    expect(code).toBe(2);
    expect(err).toContain('policies.yaml:1');
    expect(await readFile(join(given.data, 'policies.yaml'), 'utf8')).toBe('rules: 7\n');
  });

  describe('through a control plane', () => {
    let plane: Plane;
    beforeAll(async () => {
      plane = await openPlane();
    });
    afterAll(async () => {
      await plane.close();
    });
    const here = (input: string, token: string): Setting => ({
      cwd: plane.workspace,
      input,
      env: { COUNTERSIGN_DATA: plane.dataDir, COUNTERSIGN_TOKEN: token },
    });

    test('is in force at once; what is broad takes --yes', async () => {
      const text = 'allow: [git status, make]\ndeny: [rm]\n';
      const first = await ran(argv, here(text, APPROVER_TOKEN));
      const rules = () => plane.book.list().map((rule) => rule.written);
      expect([first.code, rules()]).toEqual([1, ['deny: rm', 'allow: git status *']]);
      expect(first.out).toMatch(/refused {8}allow: make \*\n {15}.*--yes/);
      const second = await ran([...argv, '--yes', '--json'], here(text, APPROVER_TOKEN));
      expect(second.code).toBe(0);
      expect(JSON.parse(second.out).written).toEqual([
        { rule: 'deny: rm', outcome: 'already there', why: null },
        { rule: 'allow: git status *', outcome: 'already there', why: null },
        { rule: 'allow: make *', outcome: 'added', why: null },
      ]);
    });

    test('takes an approver’s token', async () => {
      const { code, out } = await ran(argv, here('deny: [dd, mkfs]\n', REQUESTER_TOKEN));
      expect(code).toBe(1);
      expect(out).toMatch(/^refused {8}deny: dd\n {15}.*approver token.*\n0 added/);
    });
  });
});
