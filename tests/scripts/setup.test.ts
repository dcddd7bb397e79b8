// The scripts behind `npm start` and `npm test`: what they notice, and what they count.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-scripts-'));
  cpSync(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Evaluates one expression with everything that a script of the copy exports. */
function evaluate(script: string, expression: string, env: Record<string, string> = {}): unknown {
  const code = `import * as s from './scripts/${script}'; console.log(JSON.stringify(${expression}))`;
  const options = {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, ...env },
  } as const;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], options),
  ) as unknown;
}

describe('Node.js', () => {
  const check = (version: string) =>
    evaluate(
      'setup.mjs',
      `(() => { try { s.checkNode('${version}'); return 'fine'; } catch (e) { return e.message; } })()`,
    );

  test('older than package.json says is refused, with what to do', () => {
    expect(['20.19.0', '20.20.1', '22.0.0'].map(check)).toEqual(['fine', 'fine', 'fine']);
    expect(check('20.18.9')).toBe(
      'Countersign needs Node.js 20.19.0 or newer, and this is 20.18.9: install a newer one from https://nodejs.org',
    );
    expect(check('18.99.0')).toMatch(/^Countersign needs Node\.js 20\.19\.0/);
  });
});

describe('dependencies', () => {
  const lock = (version: string) =>
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { name: 'x' },
        'node_modules/a': { version, integrity: `sha512-${version}` },
        'node_modules/for-another-system': { version: '1.0.0', optional: true },
      },
    });
  /** A fake npm on the PATH tells whether it was asked to install. */
  const asked = () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$@" > ${folder}/asked\n`, { mode: 0o755 });
    rmSync(join(folder, 'asked'), { force: true });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    evaluate('setup.mjs', '(s.ensureDependencies(), 0)', env);
    const answer = spawnSync('cat', [join(folder, 'asked')], { encoding: 'utf8' });
    return answer.status === 0 ? answer.stdout.trim() : 'nothing';
  };
  const CI = 'ci --ignore-scripts --no-audit --no-fund --loglevel=error';

  test('are installed when missing or stale, and left alone when they are as locked', () => {
    mkdirSync(join(folder, 'node_modules'));
    const hidden = join(folder, 'node_modules', '.package-lock.json');
    const stamp = join(folder, 'node_modules', '.countersign-lock');
    writeFileSync(join(folder, 'package-lock.json'), lock('1.0.0'));
    const said = [asked()]; // nothing is there
    writeFileSync(hidden, lock('1.0.0').replace(/,"node_modules\/for[^}]*\}/, ''));
    rmSync(stamp);
    said.push(asked()); // installed by hand, as locked
    said.push(asked()); // noted down
    writeFileSync(join(folder, 'package-lock.json'), lock('2.0.0'));
    said.push(asked()); // the lock changed
    expect(said).toEqual([CI, 'nothing', 'nothing', CI]);
  });

  test('that cannot be installed are one line and exit code 1', () => {
    writeFileSync(join(folder, 'package-lock.json'), lock('1.0.0'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\nexit 7\n', { mode: 0o755 });
    const ran = spawnSync(process.execPath, [join(folder, 'scripts', 'start.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    });
    expect({ status: ran.status, said: ran.stderr.trim().split('\n') }).toEqual({
      status: 1,
      said: [
        'Installing the packages of Countersign (missing); this takes a moment ...',
        'The packages could not be installed: is the npm registry reachable? (exit code 7).',
      ],
    });
  });
});

describe('system packages', () => {
  /** Runs one step with an apt-get that notes its calls and obeys `script`. */
  const install = (uid: number, script: string) => {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const log = join(folder, 'apt.log');
    const fake = `#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> ${log}\n${script}\n`;
    writeFileSync(join(bin, 'apt-get'), fake, { mode: 0o755 });
    writeFileSync(log, '');
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const done = evaluate(
      'setup.mjs',
      `(process.getuid = () => ${uid}, s.ensurePackages(['a', 'b'], 'tests need it'))`,
      env,
    );
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    return { done, calls: calls.map((call) => call.replace(/-qq.*Use-Pty=0 /, '')) };
  };
  const INSTALL = 'noninteractive install -y --no-install-recommends a b';
  const UPDATE = 'noninteractive update';

  test('are installed by root, with fresh lists only when the first try fails', () => {
    const once = `[ -e ${folder}/updated ] || case "$*" in *update) touch ${folder}/updated;; *) exit 100;; esac`;
    expect([install(0, 'exit 0'), install(0, once), install(0, 'exit 100')]).toEqual([
      { done: true, calls: [INSTALL] },
      { done: true, calls: [INSTALL, UPDATE, INSTALL] },
      { done: false, calls: [INSTALL, UPDATE, INSTALL] },
    ]);
  });

  test('are never installed by anybody else', () => {
    expect(install(1000, 'exit 0')).toEqual({ done: false, calls: [''] });
  });

  test('are those whose programs are not there', () => {
    const wanted = `{ sh: 'dash', 'no-such-program': 'no-such-package' }`;
    expect(evaluate('setup.mjs', `s.missingPackages(${wanted})`)).toEqual(['no-such-package']);
  });
});

test('a change of any source file changes what the build was made from', () => {
  mkdirSync(join(folder, 'src', 'deep'), { recursive: true });
  for (const name of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src/deep/a.ts'])
    writeFileSync(join(folder, name), 'a');
  const digest = () => evaluate('setup.mjs', 's.sourceDigest()');
  const before = digest();
  expect(digest()).toBe(before);
  writeFileSync(join(folder, 'src/deep/a.ts'), 'b');
  expect(digest()).not.toBe(before);
});

describe('the result', () => {
  const file = (name: string, status: string, ...tests: string[]) => ({
    name: join(folder, name),
    status,
    assertionResults: tests.map((of, index) => ({ status: of, fullName: `test ${index}` })),
  });
  const count = (success: boolean, strict: boolean, ...testResults: unknown[]) => {
    const report = JSON.stringify(JSON.stringify({ success, testResults }));
    return evaluate('results.mjs', `s.countResults(JSON.parse(${report}), ${strict})`);
  };

  test('counts tests, files that do not load, and in CI everything skipped', () => {
    const files = [
      file('a.test.ts', 'passed', 'passed', 'passed', 'skipped'),
      file('b.test.ts', 'failed', 'passed', 'failed'),
      file('c.test.ts', 'failed'),
    ];
    const skipped = ['a.test.ts: test 2'];
    expect(count(false, false, ...files)).toEqual({ passed: 3, failed: 2, skipped });
    expect(count(false, true, ...files)).toEqual({ passed: 3, failed: 3, skipped });
  });

  test('is never clean when the run was not', () => {
    expect([
      count(true, true, file('a.test.ts', 'passed', 'passed')),
      count(false, true, file('a.test.ts', 'passed', 'passed')),
    ]).toEqual([
      { passed: 1, failed: 0, skipped: [] },
      { passed: 1, failed: 1, skipped: [] },
    ]);
  });
});

test('.ci/run is executable and runs the documented command as CI', () => {
  const mode = spawnSync('test', ['-x', join(ROOT, '.ci', 'run')]).status;
  const text = readFileSync(join(ROOT, '.ci', 'run'), 'utf8');
  expect({ mode, text }).toEqual({
    mode: 0,
    text: expect.stringMatching(/export CI=true\nexec npm test\n$/),
  });
});
