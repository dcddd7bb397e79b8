// `tools list` and `tools check`: what is known of the tools of agents, and what the rules say.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ran } from './recording-terminal.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-tools-'));
  await mkdir(join(root, 'docs'));
  await mkdir(join(root, 'keys'));
  await symlink(join(root, 'keys'), join(root, 'docs', 'link'));
  await symlink(join(root, 'nowhere'), join(root, 'docs', 'broken'));
  await writeFile(
    join(root, 'p.yaml'),
    `tools: { default: deny, map: { save_note: { write: to } } }
rules:
  - allow: read docs/**
  - deny: read keys/**
  - allow: http GET docs.rs
  - ask: mcp__github__*
  - allow: ls *
`,
  );
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const tools = (...argv: string[]) =>
  ran(['tools', ...argv, '--policies', 'p.yaml'], {
    cwd: root,
    home: root,
    env: { COUNTERSIGN_DATA: root },
  });
const checked = async (name: string, args: object, ...more: string[]) =>
  (await tools('check', name, '--args', JSON.stringify(args), ...more)).out.split('\n')[0];

describe('list', () => {
  test('names the known tools, how each is matched, and the rules that concern it', async () => {
    const { code, out } = await tools('list');
    expect(code).toBe(0);
    expect(out).toMatch(/^TOOL +OF +MATCHED +RULES\nsave_note +policy file +write PATH\n/);
    expect(out).toMatch(
      /\nRead +Claude Code +read PATH +allow: read docs\/\*\*; deny: read keys\/\*\*\n/,
    );
    expect(out).toMatch(/\nWebFetch +Claude Code +http GET URL +allow: http GET docs\.rs\n/);
    expect(out).toMatch(/\nBash +Claude Code +as a command line\n/);
    expect(out).toMatch(/\nmcp__github__\* +rules +by name +ask: mcp__github__\*\n/);
    expect(out).toMatch(/\nA call that no rule speaks of: deny\.\n$/);
  });

  test('as JSON', async () => {
    const {
      default: byDefault,
      policies,
      tools: all,
    } = JSON.parse((await tools('list', '--json')).out);
    expect([byDefault, policies, all[0]]).toEqual([
      'deny',
      join(root, 'p.yaml'),
      { name: 'save_note', source: 'policy file', matched: 'write PATH', rules: [] },
    ]);
  });
});

describe('check', () => {
  test('says the effect first, then how the call was read and why', async () => {
    const { code, out } = await tools('check', 'Read', '--args', '{"file_path":"docs/../docs/a"}');
    expect([code, out]).toEqual([
      0,
      `allow
allow: it runs without asking
Read as:
  allow: read ${root}/docs/a
    rule allow: read docs/**
Because:
  allowed by allow: read docs/**
Matched read PATH.
`,
    ]);
  });

  test('follows links, and does not trust one that leads nowhere', async () => {
    const paths = ['docs/a', 'docs/link/a', 'docs/broken', 'docs/new/deep/a', 'keys/a', 'x'];
    const effects = await Promise.all(paths.map((path) => checked('Read', { file_path: path })));
    expect(effects).toEqual(['allow', 'deny', 'deny', 'allow', 'deny', 'deny']);
  });

  test('knows the tools of the file, of servers, and command lines', async () => {
    expect([
      await checked('save_note', { to: 'docs/a' }),
      await checked('mcp__github__get_issue', { number: 1 }),
      await checked('Bash', { command: 'ls -l' }),
      await checked('Bash', { command: 'ls; id' }),
      await checked('whatever', {}),
      await checked('Read', { file_path: 'a' }, '--cwd', join(root, 'docs')),
    ]).toEqual(['deny', 'ask', 'allow', 'ask', 'deny', 'deny']);
  });

  test('as JSON', async () => {
    const { out } = await tools(
      'check',
      'WebFetch',
      '--args',
      '{"url":"https://docs.rs/"}',
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({
      tool: 'WebFetch',
      matched: 'http GET URL',
      effect: 'allow',
      commands: [['http', 'GET', 'https://docs.rs/']],
      policies: join(root, 'p.yaml'),
    });
  });

  test.each([
    [['check'], /missing required argument 'name'/],
    [['check', 'a b'], /one word/],
    [['check', 'Read', '--args', '{'], /It is not JSON/],
    [['check', 'Read', '--args', '["a"]'], /It must be a JSON object/],
    [['check', 'Read', '--from', 'Bob'], /platform:stable-id/],
    [['lost'], /unknown command/],
  ])('%j is refused with what to do', async (argv, problem) => {
    const { code, out, err } = await tools(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(problem);
  });

  test('no text in a call paints the terminal', async () => {
    const { out } = await tools('check', 'X', '--args', '{"a":"\\u001b[2J\\r","\\u202e":1}');
    expect(out).not.toMatch(/[^\P{C}\n]/u);
  });
});
