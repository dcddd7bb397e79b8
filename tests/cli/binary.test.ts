// The binary as a process: what only a process can meet. Bytes that are no text, closed pipes,
// signals.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlane, type Plane } from './plane.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const LOADER = createRequire(import.meta.url).resolve('tsx');

let root: string;
let plane: Plane;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  plane = await openPlane();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await plane.close();
  await rm(root, { recursive: true, force: true });
});

/** Runs a bash script in which `countersign` is the binary. */
function bash(script: string, data = plane.dataDir) {
  const preamble = `set -o pipefail; countersign() { "${process.execPath}" --import "${LOADER}" "${MAIN}" "$@"; };`;
  return started('bash', ['-c', `${preamble} ${script}`], data);
}

function started(file: string, args: readonly string[], data = plane.dataDir) {
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, COUNTERSIGN_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let out = '';
  let err = '';
  const watchers = new Set<() => void>();
  const take = (to: 'out' | 'err') => (text: string) => {
    if (to === 'out') out += text;
    else err += text;
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', take('out'));
  child.stderr.setEncoding('utf8').on('data', take('err'));
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, out, err });
    });
  });
  const until = async (pattern: RegExp) => {
    while (!pattern.test(err)) {
      await Promise.race([
        new Promise<void>((resolve) => watchers.add(resolve)),
        done.then(() => Promise.reject(new Error(`ended without ${pattern}: ${err}`))),
      ]);
    }
  };
  return { child, done, until };
}

describe('arguments', () => {
  test('that are not valid UTF-8 are refused, U+FFFD itself is not', async () => {
    const none = join(root, 'none');
    const bytes = await bash("countersign run -- echo $'a\\xff'", none).done;
    const genuine = await bash("countersign run -- echo $'a\\xef\\xbf\\xbd'", none).done;
    expect(bytes).toEqual({
      code: 2,
      out: '',
      err: 'error: an argument is not valid UTF-8, so it could not be shown as it is\n',
    });
    expect(genuine.code).toBe(3);
  });
});

describe('pipes', () => {
  test('a reader that leaves ends it in silence, as any Unix tool', async () => {
    const lines = `yes '{"id":1,"command":"ls"}' | head -20000`;
    const { code, out, err } = await bash(
      `${lines} | countersign policy check --stdin | head -1; echo "\${PIPESTATUS[2]}" >&2`,
    ).done;
    expect([code, out.split('\n')]).toEqual([0, [expect.stringContaining('"ask"'), '']]);
    expect(err).toBe('141\n');
  });

  test('closed from the start are no crash', async () => {
    const { code, err } = await bash('countersign pending >&-; echo "$?" >&2').done;
    expect([code, err]).toEqual([0, expect.stringMatching(/^(0|141)\n$/)]);
    expect((await bash('countersign rnu 2>&-; echo "$?"').done).out).toBe('2\n');
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while it waits takes the action back and ends with %i', async (signal, code) => {
  const running = started(process.execPath, ['--import', LOADER, MAIN, 'run', '--', 'uname']);
  await running.until(/waits for approval/);
  running.child.kill(signal);
  const ended = await running.done;
  expect([ended.code, ended.out]).toEqual([code, '']);
  expect(ended.err).toContain('was cancelled. Nothing ran.');
});
