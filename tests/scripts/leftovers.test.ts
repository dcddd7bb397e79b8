// A test run that leaves a process behind fails and names it; one that does not, passes.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-leftovers-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'tests'));
  const setup = JSON.stringify(join(ROOT, 'tests', 'leftovers.ts'));
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `export default { test: { globalSetup: [${setup}], pool: 'forks' } };`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one test with this body in a vitest of its own. */
function runTest(body: string): Promise<{ code: number; output: string }> {
  writeFileSync(
    join(folder, 'tests', 'one.test.ts'),
    `import { spawn } from 'node:child_process'; import { test } from 'vitest';\n${body}`,
  );
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  // A run of its own: not the mark, the reporters or the pool of the one that we are in.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return new Promise((resolve) => {
    const options = { cwd: folder, env };
    execFile(process.execPath, [vitest, 'run'], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

test('a process that a test leaves behind fails the run by name, and is ended', async () => {
  const { code, output } = await runTest(`test('leaves', () => {
    spawn('sleep', ['4321.5'], { stdio: 'ignore', detached: true }).unref();
  });`);
  const [, pid] = /(\d+) sleep 4321\.5/.exec(output) ?? [];
  expect({ code, named: pid !== undefined }).toEqual({ code: 1, named: true });
  // Gone, or a zombie where nobody reaps orphans, as in containers without an init.
  const status = spawnSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' }).stdout;
  expect(status).toMatch(/^$|^State:\s+Z/m);
});

test('a process that its test ends is fine', async () => {
  const { code, output } = await runTest(`test('ends', async () => {
    const child = spawn('sleep', ['4321.5'], { stdio: 'ignore' });
    const ended = new Promise((done) => child.once('exit', done));
    child.kill();
    await ended;
  });`);
  expect({ code, passed: /1 passed/.test(output) }).toEqual({ code: 0, passed: true });
});
