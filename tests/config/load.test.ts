// Loading the configuration: the defaults, every mistake at once with its line, and files that are
// no configuration at all.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/bus/action.ts';
import { type LoadAnswer, loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { DEFAULT_LIMITS } from '../../src/workers/sandbox.ts';

const HOME = '/home/me';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(content: string | Uint8Array, env: Record<string, string> = {}): LoadAnswer {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, content);
  return loadConfig({ path, env, cwd: folder, home: HOME });
}

/** The complaints, without the folder; an accepted file has none. */
function problems(content: string | Uint8Array, env: Record<string, string> = {}): string[] {
  const answer = load(content, env);
  return answer.ok ? [] : answer.problems.map((text) => text.replaceAll(`${folder}/`, ''));
}

function config(content: string, env: Record<string, string> = {}): Config {
  const answer = load(content, env);
  if (!answer.ok) throw new Error(answer.problems.join('\n'));
  return answer.config;
}

const DEFAULTS = {
  gateway: { host: '127.0.0.1', port: 18_790, allowRemote: false },
  store: { url: null },
  queue: { url: null },
  approvers: [],
  requesters: [],
  tokens: [],
  adapters: {},
  approvals: { expireAfter: 1_800_000, claimWithin: 600_000, selfApproval: false },
  workspaces: [],
  sandbox: { backend: 'bubblewrap', profile: 'moderate', limits: DEFAULT_LIMITS, readable: [] },
  workers: { concurrency: 4 },
  policies: null,
  guard: { strict: false },
  log: { level: 'info' },
  limits: { messagesPerMinute: 60, submissionsPerMinute: 30, decisionsPerMinute: 60 },
};

describe('without a file', () => {
  test('there are defaults, and whoever sits at the terminal decides', () => {
    expect(loadConfig({ path: null, env: {}, cwd: folder, home: HOME })).toEqual({
      ok: true,
      config: { ...DEFAULTS, approvers: [{ id: 'console:local', roles: ['owner'] }] },
      source: null,
      digest: sha256Hex(''),
    });
  });

  test('a file that was named is never replaced by the defaults', () => {
    const path = join(folder, 'none.yaml');
    const refused = { ok: false, problems: [`${path}: there is no such file`] };
    const env = { COUNTERSIGN_CONFIG: path };
    expect(loadConfig({ path, env: {}, cwd: folder, home: HOME })).toEqual(refused);
    expect(loadConfig({ path: null, env, cwd: folder, home: HOME })).toEqual(refused);
  });
});

describe('a file', () => {
  test('that says nothing of approvers has none', () => {
    const text = 'workers: { concurrency: 4 }\n';
    expect(load(text)).toEqual({
      ok: true,
      config: DEFAULTS,
      source: join(folder, 'c.yaml'),
      digest: sha256Hex(text),
    });
  });

  test('may set everything; paths become absolute and amounts numbers', () => {
    const text = `
gateway: { host: 0.0.0.0, port: 0, allowRemote: true }
store: { url: postgres://me@db/countersign }
queue: { url: { env: REDIS_URL } }
approvers:
  - { id: "telegram:1", name: Ada, roles: [approver, policy] }
  - id: telegram:2
requesters: [telegram:3]
tokens: [{ name: ci, role: requester, secret: { env: CI_TOKEN } }]
approvals: { expireAfter: 1h30m, claimWithin: 45s, selfApproval: true }
workspaces: [~/code/**, rel]
sandbox:
  profile: strict
  limits: { memory: 512 MiB, stack: 64 KiB, output: 2 MiB, wall: 2m, cpus: 0.5, processes: 9, openFiles: 99 }
  readable: [/opt/tools, ~/bin]
workers: { concurrency: 1 }
policies: rules/p.yaml
guard: { strict: true }
log: { level: debug }
limits: { messagesPerMinute: 1, submissionsPerMinute: 2, decisionsPerMinute: 3 }
`;
    const env = { REDIS_URL: 'redis://:pw@r:6379', CI_TOKEN: 'x'.repeat(32) };
    const { store, queue, tokens, ...rest } = config(text, env);
    expect([store.url?.reveal(), queue.url?.reveal(), tokens[0]?.secret.reveal()]).toEqual([
      'postgres://me@db/countersign',
      env.REDIS_URL,
      env.CI_TOKEN,
    ]);
    expect(rest).toEqual({
      gateway: { host: '0.0.0.0', port: 0, allowRemote: true },
      approvers: [
        { id: 'telegram:1', name: 'Ada', roles: ['approver', 'policy'] },
        { id: 'telegram:2', roles: ['approver'] },
      ],
      requesters: ['telegram:3'],
      adapters: {},
      approvals: { expireAfter: 5_400_000, claimWithin: 45_000, selfApproval: true },
      workspaces: ['/home/me/code/**', join(folder, 'rel')],
      sandbox: {
        backend: 'bubblewrap',
        profile: 'strict',
        limits: {
          processes: 9,
          memoryBytes: 512 * 1024 ** 2,
          openFiles: 99,
          stackBytes: 65_536,
          cpus: 0.5,
          wallMs: 120_000,
          outputBytes: 2 * 1024 ** 2,
        },
        readable: ['/opt/tools', '/home/me/bin'],
      },
      workers: { concurrency: 1 },
      policies: join(folder, 'rules/p.yaml'),
      guard: { strict: true },
      log: { level: 'debug' },
      limits: { messagesPerMinute: 1, submissionsPerMinute: 2, decisionsPerMinute: 3 },
    });
  });

  test('is frozen all the way down, and printing it shows no secret', () => {
    const parsed = config('tokens: [{ name: a, role: worker, secret: { env: T } }]', {
      T: 'very-secret-'.repeat(4),
    });
    expect([parsed, parsed.gateway, parsed.tokens, parsed.tokens[0]].map(Object.isFrozen)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(inspect(parsed, { depth: 9 }) + JSON.stringify(parsed)).not.toContain('very-secret');
  });

  test('may have sections in which everything is commented out', () => {
    expect(config('gateway:\nsandbox:\n  limits:\nadapters:\n# x\n')).toEqual(DEFAULTS);
  });

  test('finds policies.yaml beside itself', () => {
    writeFileSync(join(folder, 'policies.yaml'), '');
    expect(config('log: { level: info }').policies).toBe(join(folder, 'policies.yaml'));
  });
});

test('every mistake is told at once, with its line, its path and what to write', () => {
  const text = `
gateway:
  hots: 1
  port: 70000
  host: 192.168.1.1
store: { url: "postgres://me:pw@db/x" }
queue: { url: "http://r" }
approvers:
  - id: telegram 1
    roles: [aprover]
  - id: 5
  - { id: "telegram:1" }
  - { id: "telegram:1" }
requesters: telegram:1
tokens:
  - { name: a, role: boss, secret: literally-the-secret-in-the-file }
  - { name: b, role: worker, secret: { env: SHORT } }
  - { name: b, role: worker, secret: { env: NONE } }
  - { name: c d, role: worker, secret: { secret: X } }
adapters: { telegrm: {} }
approvals: { expireAfter: 30, claimWithin: 1 hour, selfApproval: "yes" }
workspaces: [""]
sandbox:
  backend: docker
  limits: { openfiles: 5, memory: 1 KB, cpus: 0, processes: 1.5 }
polices: p.yaml
port: 5
level: info
nonsense: 1
`;
  expect(problems(text, { SHORT: 'short' })).toEqual([
    'c.yaml:3: gateway.hots is not a known key: did you mean "host"?',
    'c.yaml:4: gateway.port must be at most 65535',
    'c.yaml:5: gateway.host must be 127.0.0.1, ::1 or localhost, because other machines could reach 192.168.1.1: if that is meant, write `allowRemote: true` beside it',
    'c.yaml:6: store.url must not hold a password, because configurations are copied, shown and committed: put the whole URL into a variable and write { env: NAME }, or into a file and write { file: PATH }',
    'c.yaml:7: queue.url must be a URL that begins with redis://',
    'c.yaml:9: approvers[0].id must be platform:stable-id, such as telegram:123456',
    'c.yaml:10: approvers[0].roles[0] must be one of approver, policy, owner, but is "aprover"',
    'c.yaml:11: approvers[1].id must be text, but is 5 (put it in quotes)',
    'c.yaml:13: approvers[3].id is the same as in [2]: every id must differ',
    'c.yaml:14: requesters must be a list, but is other text',
    'c.yaml:16: tokens[0].role must be one of requester, approver, worker, but is "boss"',
    'c.yaml:16: tokens[0].secret must not hold the secret itself, because configurations are copied, shown and committed: write { env: NAME } or { file: PATH }. If what stands here is a real secret, replace it by a new one',
    'c.yaml:17: tokens[1].secret is shorter than 16 characters, so it could be guessed: make one with `openssl rand -hex 32`',
    'c.yaml:18: tokens[2].secret the variable NONE is not set (nor NONE_FILE): set one of them',
    'c.yaml:18: tokens[2].name is the same as in [1]: every name must differ',
    'c.yaml:19: tokens[3].name must be letters, digits, dots, - or _',
    'c.yaml:19: tokens[3].secret { secret: NAME } needs the encrypted secrets file, which this version does not have yet: write { env: NAME } or { file: PATH }',
    'c.yaml:20: adapters.telegrm is not a known key: did you mean "telegram"?',
    'c.yaml:21: approvals.expireAfter 30 lacks a unit: write a duration such as 30m, 1h30m or 45s',
    'c.yaml:21: approvals.claimWithin must be a duration such as 30m, 1h30m or 45s',
    'c.yaml:21: approvals.selfApproval must be true or false, but is "yes"',
    'c.yaml:22: workspaces[0] must not be empty',
    'c.yaml:24: sandbox.backend must be one of bubblewrap, but is "docker"',
    'c.yaml:25: sandbox.limits.processes must be a whole number, but is 1.5',
    'c.yaml:25: sandbox.limits.memory must be a size such as 64 KiB or 1 GiB',
    'c.yaml:25: sandbox.limits.cpus must be at least 0.01',
    'c.yaml:25: sandbox.limits.openfiles is not a known key: did you mean "openFiles"?',
    'c.yaml:26: polices is not a known key: did you mean "policies"?',
    'c.yaml:27: port is not a known key here: it belongs under "gateway"',
    'c.yaml:28: level is not a known key here: it belongs under "log"',
    'c.yaml:29: nonsense is not a known key: known here are gateway, store, queue, approvers, requesters, tokens, adapters, approvals, workspaces, sandbox, workers, policies, guard, log, limits',
  ]);
});

test('two tokens with one secret are refused: nobody could say who it was', () => {
  const text = `tokens:
  - { name: a, role: requester, secret: { env: T } }
  - { name: b, role: approver, secret: { env: T } }
`;
  expect(problems(text, { T: 'x'.repeat(40) })).toEqual([
    'c.yaml:3: tokens[1].secret is the same as in [0]: every secret must differ',
  ]);
});

test('passwords in a URL are found wherever they hide, and never repeated', () => {
  const urls = [
    'postgres://:hunter2@h/d',
    'postgres://u:hunter2@h1,h2/d',
    'postgres://u@h/d?password=hunter2',
    'postgresql://u@h/d?sslmode=require&sslpassword=hunter2',
  ];
  for (const url of urls) {
    expect(problems(`store: { url: "${url}" }`)).toEqual([
      expect.stringMatching(/^c\.yaml:1: store\.url must not hold a password((?!hunter2).)*$/),
    ]);
  }
  const fine = ['postgres://h/d', 'postgresql://u@h:5433/d', 'postgres:///d?host=/run/postgresql'];
  expect(fine.flatMap((url) => problems(`store: { url: "${url}" }`))).toEqual([]);
});

test('only loopback addresses are taken without allowRemote', () => {
  const refused = (host: string) => problems(`gateway: { host: "${host}" }`).length > 0;
  const local = ['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost', 'LOCALHOST'];
  const remote = ['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.nip.io', 'localhost.x'];
  expect([local.filter(refused), remote.filter(refused)]).toEqual([[], remote]);
});

describe('what is no configuration', () => {
  test('is refused with the reason: syntax, keys, structure, encoding, size', () => {
    const cases: Record<string, string | Uint8Array> = {
      empty: '',
      'only spaces': ' \n\n',
      'only comments': '# nothing\n',
      'a list': '- a\n',
      text: 'hello\n',
      'a repeated key': 'log: { level: info }\nlog: { level: debug }\n',
      'a prototype': 'log: { level: info }\n__proto__: { x: 1 }\nconstructor: 1\n',
      'a key that is a list': '? [a]\n: 1\n',
      'a missing bracket': 'requesters: [a\n',
      'a tab': 'gateway:\n\tport: 1\n',
      'two documents': 'log: {}\n---\nlog: {}\n',
      'a tag': 'requesters: !!js/function "x"\n',
      'an alias of nothing': 'requesters: *none\n',
      'an alias of itself': 'requesters: &a [*a]\n',
      'too many aliases': `requesters: &a [x, y]\nworkspaces: [${'*a, '.repeat(200)}]\n`,
      'a billion laughs': `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi']
        .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
        .join('\n')}\n`,
      'deep nesting': '['.repeat(100_000),
      'not UTF-8': Buffer.from('log: {}\n# caf\xe9\n', 'latin1'),
      'UTF-16': Buffer.from('\ufefflog: {}\n', 'utf16le'),
      NUL: 'log: {}\n# \0\n',
      'too large': `#${'x'.repeat(1024 ** 2)}\n`,
    };
    const said = Object.entries(cases).map(([name, text]) => [name, ...problems(text)]);
    expect(said).toEqual([
      [
        'empty',
        'c.yaml: the file is empty: write at least one key, or remove the file to use the defaults',
      ],
      [
        'only spaces',
        'c.yaml: the file is empty: write at least one key, or remove the file to use the defaults',
      ],
      [
        'only comments',
        'c.yaml: the file holds nothing but comments: write at least one key, or remove the file',
      ],
      ['a list', 'c.yaml: the file must be a mapping of keys to values, but is a list'],
      ['text', 'c.yaml: the file must be a mapping of keys to values, but is "hello"'],
      ['a repeated key', 'c.yaml:2: the key "log" was there already on line 1: remove one'],
      [
        'a prototype',
        'c.yaml:2: the key "__proto__" is not allowed',
        'c.yaml:3: the key "constructor" is not allowed',
      ],
      ['a key that is a list', 'c.yaml:1: this key is not plain text'],
      [
        'a missing bracket',
        'c.yaml:2: this is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
      ['a tab', 'c.yaml:2: this is not valid YAML: Tabs are not allowed as indentation'],
      ['two documents', 'c.yaml:2: a second document begins here (---): a configuration is one'],
      ['a tag', 'c.yaml:1: this is not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function'],
      [
        'an alias of nothing',
        'c.yaml: the file uses aliases (*name) in a loop, or more than 100 of them',
      ],
      ['an alias of itself', 'c.yaml:1: requesters[0] must be text, but is a list'],
      [
        'too many aliases',
        'c.yaml: the file uses aliases (*name) in a loop, or more than 100 of them',
      ],
      [
        'a billion laughs',
        'c.yaml: the file uses aliases (*name) in a loop, or more than 100 of them',
      ],
      ['deep nesting', 'c.yaml: the file is nested too deeply'],
      ['not UTF-8', 'c.yaml:2: this is not valid UTF-8: save the file as UTF-8'],
      ['UTF-16', 'c.yaml:1: this is not valid UTF-8: save the file as UTF-8'],
      ['NUL', 'c.yaml:2: here is a NUL character: is this a text file?'],
      ['too large', 'c.yaml: the file is larger than 1 MiB: is it the right one?'],
    ]);
  });

  test('many keys are checked for repetition in time', () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n');
    const said = problems(keys);
    expect([said.length, said[0], said[100]]).toEqual([
      101,
      expect.stringMatching(/^c\.yaml:1: k0 is not a known key/),
      'c.yaml: and 59900 more mistakes',
    ]);
  });

  test('a byte order mark is no mistake', () => {
    expect(problems('\ufefflog: { level: info }\n')).toEqual([]);
  });

  test('folders, FIFOs and files of others are told apart', () => {
    const say = (name: string) => {
      const answer = loadConfig({ path: join(folder, name), env: {}, cwd: folder, home: HOME });
      return answer.ok ? [] : answer.problems.map((text) => text.replace(`${folder}/`, ''));
    };
    mkdirSync(join(folder, 'dir'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    writeFileSync(join(folder, 'secret.yaml'), 'log: {}');
    chmodSync(join(folder, 'secret.yaml'), 0o000);
    chmodSync(folder, 0o755);
    expect([say('dir'), say('fifo'), asOrdinaryUser(() => say('secret.yaml'))]).toEqual([
      ['dir: this is a folder: name the file in it'],
      ['fifo: this is not a regular file'],
      ['secret.yaml: this user may not read the file: change its mode or owner'],
    ]);
  });
});

/** Root may read everything, so root becomes nobody for a moment. */
function asOrdinaryUser<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65_534);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}
