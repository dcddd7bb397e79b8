// The policy file as the persistent truth: edited in place, never half written, never replaced by a
// broken edit.
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  openPolicyBook,
  type PolicyBook,
  type PolicyChange,
  PolicyFileError,
} from '../../src/policies/book.ts';

let folder: string;
let path: string;
let books: PolicyBook[];
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policies-'));
  path = join(folder, 'policies.yaml');
  books = [];
  log = [];
});

afterEach(async () => {
  for (const book of books) await book.close();
  await rm(folder, { recursive: true });
});

async function open(text?: string): Promise<PolicyBook> {
  if (text !== undefined) await writeFile(path, text);
  const book = await openPolicyBook({ path, log: (line) => log.push(line) });
  books.push(book);
  return book;
}

function nextChange(book: PolicyBook): Promise<PolicyChange> {
  return new Promise((resolve) => book.onChange(resolve));
}

const written = (book: PolicyBook) => book.list().map((entry) => entry.written);
const text = () => readFile(path, 'utf8');
const mode = async () => (await stat(path)).mode & 0o777;

test('a missing file is an empty one, made for its owner alone with the first rule', async () => {
  const book = await open();
  expect(book.list()).toEqual([]);
  const added = await book.add('allow', 'git status *');
  expect(added).toMatchObject({ ok: true, already: false, entry: { number: 1 } });
  expect(await text()).toBe('version: 1\nrules:\n  - allow: git status *\n');
  expect(await mode()).toBe(0o600);
  expect(await readdir(folder)).toEqual(['policies.yaml']);
});

const COMMENTED = `# The house rules
version: 1

rules:
  # look, do not touch
  - allow: ls   # harmless
  - deny: "rm *"

# the short form
allow: [pwd, "read *.md"]
`;

test('comments and order survive edits', async () => {
  const book = await open(COMMENTED);
  await book.add('ask', 'git push *');
  expect(await text()).toBe(
    COMMENTED.replace('"rm *"\n', '"rm *"\n  - ask: git push *\n').replace(
      'ls   #',
      'ls # '.trim(),
    ),
  );
  expect(await book.remove('pwd')).toMatchObject({ ok: true, entry: { written: 'allow: pwd' } });
  expect(written(book)).toEqual(['allow: ls', 'deny: rm *', 'ask: git push *', 'allow: read *.md']);
  expect(await text()).toContain('# the short form\nallow: ["read *.md"]\n');
  expect(await mode()).toBe(0o600);
});

test('edits at the same time all land', async () => {
  const book = await open();
  const names = Array.from({ length: 20 }, (_, i) => `tool${i}`);
  await Promise.all(names.map((name) => book.add('allow', name)));
  expect(written(book)).toEqual(names.map((name) => `allow: ${name}`));
  const again = await open();
  expect(written(again)).toEqual(written(book));
});

test('two books on one file both land, and see each other', async () => {
  const [first, second] = [await open(), await open()];
  const seen = nextChange(second);
  await first.add('allow', 'a1');
  await seen;
  const names = Array.from({ length: 10 }, (_, i) => i);
  await Promise.all(
    names.flatMap((i) => [first.add('allow', `x${i}`), second.add('deny', `y${i}`)]),
  );
  const third = await open();
  expect(written(third).toSorted()).toEqual(
    ['allow: a1', ...names.flatMap((i) => [`allow: x${i}`, `deny: y${i}`])].toSorted(),
  );
});

test('the same rule is stored once', async () => {
  const book = await open();
  await book.add('allow', 'ls');
  expect(await book.add('allow', '  ls ')).toMatchObject({ ok: true, already: true });
  expect(await book.add('allow', 'Bash(ls)')).toMatchObject({ ok: true, already: true });
  expect(written(book)).toEqual(['allow: ls']);
});

describe('removing', () => {
  test('by number, by pattern, by written form', async () => {
    const book = await open('rules:\n  - allow: a\n  - deny: a\n  - allow: b\n  - allow: c\n');
    expect(await book.remove('a')).toEqual({ ok: false, why: expect.stringMatching(/several/) });
    expect(await book.remove('deny: a')).toMatchObject({ ok: true });
    expect(await book.remove('2')).toMatchObject({ ok: true, entry: { pattern: 'b' } });
    expect(await book.remove('c')).toMatchObject({ ok: true });
    expect(await book.remove('9')).toEqual({ ok: false, why: expect.stringMatching(/no rule 9/) });
    expect(await text()).toBe('rules:\n  - allow: a\n');
  });
});

describe('rules that should not exist', () => {
  test.each([
    '*',
    '* *',
    'env *',
    'bash *',
    'python3 *',
    'python3.12 *',
    'sudo *',
    'find *',
    'xargs *',
    '/usr/bin/env *',
    'ssh *',
    'vim *',
    'docker-anything* x',
    '/ls/',
    '',
    "echo 'x",
  ])('allow: %s is refused with a reason', async (pattern) => {
    const book = await open();
    expect(await book.add('allow', pattern)).toEqual({
      ok: false,
      why: expect.stringMatching(/.{20}/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('they are stored where the file permits them, marked as dangerous', async () => {
    const book = await open('dangerous: true\n');
    expect(await book.add('allow', '*')).toMatchObject({ ok: true, entry: { dangerous: true } });
    expect(await text()).toBe('dangerous: true\nrules:\n  - allow: "*"\n    dangerous: true\n');
  });

  test('deny may be as broad as it likes', async () => {
    const book = await open();
    expect(await book.add('deny', '*')).toMatchObject({ ok: true });
  });
});

describe('edits by hand', () => {
  test('take effect without a restart', async () => {
    const book = await open('allow: [ls]\n');
    const change = nextChange(book);
    await writeFile(path, 'allow: [ls, pwd]\n');
    expect((await change).problem).toBeNull();
    expect(written(book)).toEqual(['allow: ls', 'allow: pwd']);
  });

  test('a broken one keeps the last good rules, is told, and blocks editing until mended', async () => {
    const book = await open('deny: [rm]\n');
    const broken = nextChange(book);
    await writeFile(path, 'denny: [rm]\n');
    expect(await broken).toEqual({
      rules: book.current(),
      problem: `${path}:1: "denny" is not a known key: did you mean "deny"?`,
    });
    expect(written(book)).toEqual(['deny: rm']);
    expect(book.problem()).toMatch(/denny/);
    expect(log.join('\n')).toMatch(/last good rules stay in force/);
    expect(await book.add('allow', 'ls')).toEqual({
      ok: false,
      why: expect.stringMatching(/broken/),
    });
    expect(await text()).toBe('denny: [rm]\n');
    const mended = nextChange(book);
    await writeFile(path, 'deny: [rm]\n');
    expect((await mended).problem).toBeNull();
    expect(await book.add('allow', 'ls')).toMatchObject({ ok: true });
  });

  test('are seen before an edit, even when nothing was watched', async () => {
    const book = await open('allow: [ls]\n');
    await writeFile(path, 'allow: [pwd]\n');
    await book.add('deny', 'rm');
    expect(written(book)).toEqual(['deny: rm', 'allow: pwd']);
  });

  test('removing the file does not remove the rules', async () => {
    const book = await open('deny: [rm]\n');
    const gone = nextChange(book);
    await rm(path);
    expect((await gone).problem).toMatch(/is gone/);
    expect(written(book)).toEqual(['deny: rm']);
  });
});

test('a broken file at the start throws with all its problems', async () => {
  await writeFile(path, 'foo: 1\nbar: 2\n');
  const failure = open();
  await expect(failure).rejects.toBeInstanceOf(PolicyFileError);
  await expect(failure).rejects.toMatchObject({
    problems: [expect.stringMatching(/foo/), expect.stringMatching(/bar/)],
  });
});

test.each([
  ['not UTF-8', Buffer.from([0x61, 0xff, 0xfe])],
  ['a NUL', Buffer.from('allow: [a\0b]')],
])('a file with %s is refused', async (_name, bytes) => {
  await writeFile(path, bytes);
  await expect(open()).rejects.toBeInstanceOf(PolicyFileError);
});

test('a symbolic link stays one', async () => {
  const real = join(folder, 'real.yaml');
  await writeFile(real, 'allow: [ls]\n');
  await symlink(real, path);
  const book = await open();
  await book.add('allow', 'pwd');
  expect(await readFile(real, 'utf8')).toContain('pwd');
  expect((await readdir(folder)).toSorted()).toEqual(['policies.yaml', 'real.yaml']);
});

describe('conditions', () => {
  const here = { in: '~/code/**', from: 'telegram:1', on: null, approvals: 1, reason: 'CI' };

  test('are written with the rule, and make it another one', async () => {
    const book = await open();
    const added = await book.add('allow', 'npm test', here);
    expect(added).toMatchObject({
      ok: true,
      already: false,
      place: ['rules', 0],
      entry: { in: '~/code/**', from: 'telegram:1', reason: 'CI' },
    });
    expect(await book.add('allow', 'npm test', here)).toMatchObject({ already: true });
    expect(await book.add('allow', 'npm test')).toMatchObject({ already: false });
    await book.add('ask', 'npm publish', { ...here, in: null, from: null, approvals: 2 });
    expect(await text()).toBe(
      [
        'version: 1',
        'rules:',
        '  - allow: npm test',
        '    in: ~/code/**',
        '    from: telegram:1',
        '    reason: CI',
        '  - allow: npm test',
        '  - ask: npm publish',
        '    approvals: 2',
        '    reason: CI',
        '',
      ].join('\n'),
    );
  });

  test('that do not fit the effect are refused', async () => {
    const book = await open();
    expect(await book.add('deny', 'npm test', { ...here, approvals: 2 })).toEqual({
      ok: false,
      why: expect.stringMatching(/approvals belongs to ask rules/),
    });
  });
});

describe('putting back what was removed', () => {
  const FILE = `# The house rules
version: 1
rules:
  # the first of all
  - allow: ls # harmless
  # with conditions
  - ask: git push *
    approvals: 2 # two of us
    examples:
      match: [git push origin]
  - deny: rm *
allow: [pwd, date]
`;

  test.each(['1', '2', '3', 'pwd', 'date'])('rule %s stands as it stood', async (which) => {
    const book = await open(FILE);
    const removed = await book.remove(which);
    if (!removed.ok) throw new Error(removed.why);
    expect(await text()).not.toBe(FILE);
    expect(await book.putBack(JSON.parse(JSON.stringify(removed.taken)))).toMatchObject({
      ok: true,
      entry: { number: removed.entry.number, key: removed.entry.key },
    });
    expect(await text()).toBe(FILE);
  });

  test('it comes back once, into an empty file too', async () => {
    const book = await open('rules:\n  - allow: ls\n');
    const removed = await book.remove('1');
    if (!removed.ok) throw new Error(removed.why);
    await writeFile(path, '');
    expect(await book.putBack(removed.taken)).toMatchObject({ ok: true });
    expect(await text()).toBe('version: 1\nrules:\n  - allow: ls\n');
    expect(await book.putBack(removed.taken)).toEqual({
      ok: false,
      why: 'such a rule is there again already',
    });
  });

  test('behind the last one where the list has become shorter', async () => {
    const book = await open('rules:\n  - allow: a\n  - allow: b\n  - allow: c\n');
    const removed = await book.remove('3');
    if (!removed.ok) throw new Error(removed.why);
    await book.remove('1');
    await book.putBack(removed.taken);
    expect(written(book)).toEqual(['allow: b', 'allow: c']);
  });
});

test('a rule is removed by its key', async () => {
  const book = await open('rules:\n  - allow: a\n  - allow: a\n    in: /x\n');
  const key = book.list()[0]?.key ?? '';
  expect(await book.remove({ key })).toMatchObject({ ok: true, entry: { in: null } });
  expect(await book.remove({ key })).toEqual({ ok: false, why: expect.stringMatching(/any more/) });
  expect(await text()).toBe('rules:\n  - allow: a\n    in: /x\n');
});

test('a rule of a preset cannot be removed, and what to do is said', async () => {
  const book = await open('presets: [strict]\n');
  const last = book.list().length;
  expect(await book.remove(String(last))).toEqual({
    ok: false,
    why: expect.stringMatching(
      /belongs to the preset strict: put a deny or ask rule over it, or take the preset out/,
    ),
  });
  expect(await text()).toBe('presets: [strict]\n');
});

test('a rule that says more is not taken for the same', async () => {
  const book = await open('rules:\n  - allow: ls *\n    paths: inside\n');
  expect(await book.add('allow', 'ls *')).toMatchObject({
    already: false,
    entry: { number: 2, paths: null },
  });
});
