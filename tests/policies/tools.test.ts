// Tool calls: what they touch, and what rules about files, addresses and names say of them.
import { describe, expect, test } from 'vitest';
import { judgeTool, type ToolContext } from '../../src/policies/judge-tool.ts';
import { buildRuleSet, compileRules } from '../../src/policies/rules.ts';
import type { ToolSettings } from '../../src/policies/tools-settings.ts';
import { TOOL_SOURCES } from '../../src/policies/tools-table.ts';
import { CONTEXT } from './cases.ts';

interface Lists {
  readonly allow?: string[];
  readonly ask?: string[];
  readonly deny?: string[];
  readonly tools?: ToolSettings;
}

function judged(
  tool: string,
  given: Record<string, unknown>,
  { tools, ...lists }: Lists,
  context: Partial<ToolContext> = {},
) {
  const rules = { ...compileRules(lists), tools: tools ?? {} };
  return judgeTool({ tool, arguments: given }, rules, { ...CONTEXT, ...context });
}
const effect = (...input: Parameters<typeof judged>) => judged(...input).effect;

type Row = readonly [rule: string, matches: readonly Touched[], not: readonly Touched[]];
type Touched = readonly [tool: string, args: Record<string, unknown>];
const read = (path: string): Touched => ['Read', { file_path: path }];
const write = (path: string): Touched => ['Write', { file_path: path, content: 'x' }];
const fetched = (url: string): Touched => ['WebFetch', { url, prompt: 'p' }];

const ALLOW: readonly Row[] = [
  [
    'read *.md',
    [read('a.md'), read('deep/in/a.md'), read('/home/user/code/a.md'), read('x/../a.md')],
    [read('a.ts'), read('../a.md'), read('/etc/a.md'), write('a.md'), read('~/a.md')],
  ],
  [
    'read src/**',
    [read('src/a'), read('./src/a/b'), ['Grep', { pattern: 'x', path: 'src' }]],
    [read('src/../a'), read('lib/src/a'), read('srcx'), ['Grep', { pattern: 'x' }]],
  ],
  ['read src/*', [read('src/a')], [read('src/a/b'), ['LS', { path: 'src' }]]],
  ['read ~/notes/**', [read('~/notes/a'), read('/home/user/notes/a')], [read('~root/notes/a')]],
  [
    'write docs/**',
    [
      write('docs/a'),
      ['Edit', { file_path: 'docs/a' }],
      ['NotebookEdit', { notebook_path: 'docs/a.ipynb' }],
      ['apply_patch', { input: '*** Begin Patch\n*** Add File: docs/a\n+x\n*** End Patch' }],
      ['move_file', { source: 'docs/a', destination: 'docs/b' }],
    ],
    [
      read('docs/a'),
      ['apply_patch', { input: '*** Update File: docs/a\n*** Move to: src/a\n' }],
      ['apply_patch', { input: 'nothing' }],
      ['move_file', { source: 'src/a', destination: 'docs/b' }],
      ['write_file', { path: 'docs/a', file_path: 'src/a' }],
      ['write_file', { path: 7 }],
      ['write_file', {}],
    ],
  ],
  [
    'http GET https://docs.rs/**',
    [fetched('https://docs.rs/'), fetched('https://DOCS.rs./a/b?q=1')],
    [
      fetched('http://docs.rs/'),
      fetched('https://docs.rs.evil.com/'),
      fetched('https://evil.com/https://docs.rs/'),
      fetched('https://docs.rs@evil.com/'),
      fetched('https://user@docs.rs/'),
      fetched('https://docs.rs:8443/'),
      fetched('file:///etc/passwd'),
      ['fetch', { url: 'https://docs.rs/', method: 'POST' }],
    ],
  ],
  [
    'http * *.example.com/v1/*',
    [fetched('https://a.example.com/v1/x'), fetched('https://a.b.example.com/v1/')],
    [
      fetched('https://example.com/v1/x'),
      fetched('https://a.example.com/v1/x/y'),
      fetched('https://a.example.com/v1/..%2fx'),
      fetched('https://a.example.com/v1/../v2'),
    ],
  ],
  [
    'WebSearch *',
    [
      ['WebSearch', { query: 'a' }],
      ['WebSearch', {}],
    ],
    [['websearch', {}]],
  ],
  ['WebSearch', [['WebSearch', {}]], [['WebSearch', { query: 'a' }]]],
  [
    'mcp__github__get_* repo=acme/* *',
    [['mcp__github__get_issue', { repo: 'acme/shop', number: 3 }]],
    [
      ['mcp__github__get_issue', { repo: 'evil/shop' }],
      ['mcp__github__get_issue', { repo: 'acme/../evil' }],
      ['mcp__github__create_issue', { repo: 'acme/shop' }],
      ['mcp__evil__get_issue', { repo: 'acme/shop' }],
    ],
  ],
  ['mcp__* *', [], [['mcp__github__get_issue', {}]]],
  ['*', [], [['WebSearch', {}], read('a')]],
  ['Bash *', [], [['Bash', { command: 'ls' }]]],
  [
    'ls *',
    [
      ['Bash', { command: 'ls -l' }],
      ['shell', { command: ['ls', 'a; rm x'] }],
    ],
    [
      ['Bash', { command: 'ls; id' }],
      ['Bash', { command: '' }],
      ['Bash', {}],
    ],
  ],
];

const DENY: readonly Row[] = [
  [
    'read .env',
    [read('.env'), read('deep/.env'), read('/elsewhere/.env'), ['read_file', { path: '.env' }]],
    [read('env'), write('.env')],
  ],
  [
    'write ~/.ssh/**',
    [write('~/.ssh/config'), write('/home/user/.ssh/x'), write('../.ssh/x'), write('~/.ssh')],
    [read('~/.ssh/config'), write('~/.sshx')],
  ],
  ['read src/**', [['LS', { path: 'src' }]], [['LS', { path: 'lib' }]]],
  [
    'http * evil.com',
    [fetched('http://evil.com:81/x'), fetched('https://a@evil.com/')],
    [fetched('https://notevil.com')],
  ],
  ['http POST *', [['fetch', { url: 'https://a.b', method: 'post' }]], [fetched('https://a.b')]],
  ['mcp__*', [['mcp__a__b', { c: 1 }]], [['WebSearch', {}]]],
  ['rm *', [['exec', { command: 'sudo /bin/rm x' }]], [['exec', { command: 'ls' }]]],
  ['*', [['anything', {}], read('a')], []],
];

const show = ([tool, given]: Touched) => `${tool} ${JSON.stringify(given)}`;

describe('allow rules', () => {
  test.each(ALLOW)('%s', (rule, matches, not) => {
    const allowed = (call: Touched) => effect(...call, { allow: [rule] }) === 'allow';
    expect([...matches, ...not].filter(allowed).map(show)).toEqual(matches.map(show));
  });
});

describe('deny rules', () => {
  test.each(DENY)('%s', (rule, matches, not) => {
    const denied = (call: Touched) => effect(...call, { deny: [rule] }) === 'deny';
    expect([...matches, ...not].filter(denied).map(show)).toEqual(matches.map(show));
  });
});

test('deny beats ask, ask beats allow, and what nobody speaks of is as tools.default says', () => {
  const all = { allow: ['read *', 'read a/**'], ask: ['read *.key'], deny: ['read .env'] };
  const paths = ['.env', 'x.key', 'x', 'a/b', '../x'];
  expect(paths.map((path) => effect(...read(path), all))).toEqual([
    'deny',
    'ask',
    'allow',
    'allow',
    'ask',
  ]);
  const closed = { ...all, tools: { default: 'deny' as const } };
  expect(paths.map((path) => effect(...read(path), closed))).toEqual([
    'deny',
    'ask',
    'allow',
    'allow',
    'deny',
  ]);
  expect(effect('Bash', { command: 'make' }, closed)).toBe('ask');
});

test('a link is allowed where both it and what it leads to are, and denied where either is', () => {
  const links: Record<string, string | null> = {
    '/home/user/code/key': '/home/user/.ssh/id',
    '/home/user/code/broken': null,
  };
  const resolveLinks = (path: string) => (path in links ? (links[path] ?? null) : path);
  const rules = { allow: ['read /home/user/code/**'], deny: ['read ~/.ssh/**'] };
  const effects = ['key', 'broken', 'a'].map((path) =>
    effect(...read(path), rules, { resolveLinks }),
  );
  expect(effects).toEqual(['deny', 'ask', 'allow']);
});

test('reading through a whole directory asks where something in it is denied', () => {
  const rules = { allow: ['read /home/**'], deny: ['read ~/.ssh/**', 'read /home/**/.env'] };
  const grep = (path: string) => effect('Grep', { pattern: 'x', path }, rules);
  expect([grep('/home/user'), grep('/home/user/code'), grep('~/.ssh/keys')]).toEqual([
    'ask',
    'ask',
    'deny',
  ]);
  const only = { allow: ['read /home/**'], deny: ['read ~/.ssh/**'] };
  expect(effect('Grep', { pattern: 'x', path: '.' }, only)).toBe('allow');
  expect(effect('Glob', { pattern: '/etc/*' }, { allow: ['read **/*', 'read *'] })).toBe('ask');
});

test('the name of a server’s tool may restrict it, never allow it, unless the file says what it does', () => {
  const rules = { allow: ['read docs/**'], deny: ['read .env'] };
  const call = (path: string, more: Lists = rules) => effect('mcp__x__read_file', { path }, more);
  const map = { mcp__x__read_file: { read: 'path' } };
  expect([
    call('docs/a'),
    call('.env'),
    call('docs/a', { ...rules, tools: { map } }),
    effect('mcp__filesystem__read_file', { path: 'docs/a' }, rules),
  ]).toEqual(['ask', 'deny', 'allow', 'allow']);
  expect(judged('mcp__x__read_file', { path: 'docs/a' }, rules).reasons[0]).toContain('tools.map');
});

test('a command line is judged where the call runs it, with its variables', () => {
  const rules = { allow: ['ls'], deny: ['cat /etc/shadow'] };
  const inside = buildRuleSet([{ effect: 'allow', pattern: 'make', in: '/srv/**' }], 'v');
  const made = (workdir: unknown) => {
    const call = { tool: 'shell', arguments: { command: 'make', workdir } };
    return judgeTool(call, inside, CONTEXT).effect;
  };
  expect([made('/srv/x'), made('/srv/../etc'), made('x'), made(7), made('~x')]).toEqual([
    'allow',
    'ask',
    'ask',
    'ask',
    'ask',
  ]);
  expect([
    effect('shell', { command: ['cat', 'shadow'], workdir: '/etc' }, rules),
    effect('exec', { command: 'ls', env: { LD_PRELOAD: 'x' } }, rules),
    effect('exec', { command: 'ls', env: { CI: '1' } }, rules),
    effect('exec', { command: 'ls', env: ['CI=1'] }, rules),
    effect('Bash', { command: 'ls', dangerouslyDisableSandbox: true }, rules),
    effect('Bash', { command: 'ls', dangerouslyDisableSandbox: false }, rules),
    effect('exec_command', { cmd: 'ls', sandbox_permissions: 'require_escalated' }, rules),
  ]).toEqual(['deny', 'ask', 'allow', 'ask', 'ask', 'allow', 'ask']);
});

test('the file may say what the arguments of a tool mean', () => {
  const map = { save: { write: ['to', 'copies'] }, hook: { http: 'target', method: 'verb' } };
  const rules = { allow: ['write out/**', 'http POST hooks.example.com'], tools: { map } };
  expect([
    effect('save', { to: 'out/a', copies: ['out/b'] }, rules),
    effect('save', { to: 'out/a', copies: ['b'] }, rules),
    effect('hook', { target: 'https://hooks.example.com/x', verb: 'post' }, rules),
    effect('hook', { target: 'https://hooks.example.com/x' }, rules),
  ]).toEqual(['allow', 'ask', 'allow', 'ask']);
});

test('a judgement shows what was understood, by which rule, and why', () => {
  const rules = buildRuleSet([{ effect: 'deny', pattern: 'write ~/.ssh/**', reason: 'keys' }], 'v');
  const call = { tool: 'Edit', arguments: { file_path: '~/.ssh/config' } };
  expect(judgeTool(call, rules, CONTEXT)).toEqual({
    effect: 'deny',
    approvals: 1,
    understood: true,
    commands: [
      {
        words: ['write', '/home/user/.ssh/config'],
        effect: 'deny',
        rule: 'deny: write ~/.ssh/**',
        reason: 'write /home/user/.ssh/config: denied by deny: write ~/.ssh/** (keys)',
      },
    ],
    reasons: ['write /home/user/.ssh/config: denied by deny: write ~/.ssh/** (keys)'],
    warnings: [],
    used: rules.rules.map(({ key }) => key),
    findings: [],
    policyVersion: 'v',
  });
});

test('a dangerous rule warns each time', () => {
  const rules = buildRuleSet([{ effect: 'allow', pattern: 'mcp__x__* *', dangerous: true }], 'v');
  const { warnings } = judgeTool({ tool: 'mcp__x__y', arguments: {} }, rules, CONTEXT);
  expect(warnings).toEqual(['dangerous rule used: allow: mcp__x__* *']);
});

test('calls of any size are answered, and nothing in them is allowed unseen', () => {
  const rules = { allow: ['read **/*', 'write **/*', 'http * a.b', 'X *'] };
  const blanks = `*** Add File: a${' '.repeat(500_000)}b`;
  const many = Array.from({ length: 100_000 }, (_, i) => `a${i}`);
  const keys = Object.fromEntries(many.map((key) => [key, 'x']));
  expect([
    effect('apply_patch', { input: blanks }, rules),
    effect('apply_patch', { input: many.map((file) => `*** Add File: ${file}`).join('\n') }, rules),
    effect('read_multiple_files', { paths: many }, rules),
    effect('Glob', { pattern: `/${'a'.repeat(500_000)}` }, rules),
    effect('Glob', { pattern: '{'.repeat(500_000) }, rules),
    effect('Read', { file_path: 'a/'.repeat(250_000) }, rules),
    effect('WebFetch', { url: `https://a.b/${'a'.repeat(500_000)}` }, rules),
    effect('X', keys, rules),
    effect('X', { a: 'x'.repeat(500_000) }, rules),
  ]).toEqual(Array.from({ length: 9 }, () => 'ask'));
});

test('no argument, however odd, is an error or is allowed', () => {
  const odd = [
    null,
    7,
    [],
    {},
    '',
    '\0',
    '\ud800',
    ['a', 7],
    'x'.repeat(100_000),
    '..',
    'http://[',
  ];
  let deep: unknown[] = [];
  for (let i = 0; i < 5000; i++) deep = [deep];
  const rules = { allow: ['read src/**', 'write src/**', 'http * docs.rs', 'ls *'] };
  const names = TOOL_SOURCES.flatMap(([, tools]) => Object.entries(tools));
  const allowed = names.flatMap(([tool, form]) => {
    const keys = [form.read, form.write, form.http, form.shell, form.patch].flat();
    return [...odd, deep].filter((value) => {
      const given = Object.fromEntries(
        keys.filter((key) => key !== undefined).map((k) => [k, value]),
      );
      return effect(tool, given, rules) !== 'ask';
    });
  });
  expect(allowed).toEqual([]);
});
