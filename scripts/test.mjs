// `npm test`: sets up what the tests need, then builds and runs types, lint, unused code and every
// test. `npm test -- tests/some/file` runs those tests alone. The last line is the whole result.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countResults } from './results.mjs';
import {
  checkNode,
  ensureBuild,
  ensureDependencies,
  ensurePackages,
  linkCommand,
  main,
  missingPackages,
  ROOT,
  say,
} from './setup.mjs';

/** Programs that tests start, and the Debian packages they come in. */
const SERVICES = {
  bwrap: 'bubblewrap',
  'redis-server': 'redis-server',
  postgres: 'postgresql',
  ps: 'procps',
};

async function everything() {
  const strict = process.env.CI === 'true';
  const chosen = process.argv.slice(2);
  checkNode();
  ensureDependencies();
  const peers = join(ROOT, 'tests', 'peers');
  if (existsSync(join(peers, 'package-lock.json'))) ensureDependencies(peers);
  if (process.platform === 'linux') ensurePackages(missingPackages(SERVICES), 'tests need it');
  ensureBuild();
  linkCommand();

  let failedSteps = 0;
  for (const step of chosen.length === 0 ? ['types', 'lint', 'unused'] : []) {
    say(`\n== ${step}`);
    const result = spawnSync('npm', ['run', '--silent', step], { cwd: ROOT, stdio: 'inherit' });
    if (result.status !== 0) failedSteps += 1;
  }

  say('\n== tests');
  const folder = mkdtempSync(join(tmpdir(), 'countersign-report-'));
  try {
    const reportPath = join(folder, 'report.json');
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
    const ran = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...chosen], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    const { passed, failed, skipped } = readResults(reportPath, strict);
    for (const name of skipped) say(`${strict ? 'SKIPPED (a failure in CI)' : 'skipped'}: ${name}`);
    let failures = failed + failedSteps;
    if (failures === 0 && ran.status !== 0) failures = 1;
    if (failedSteps > 0) say(`${failedSteps} of types, lint, unused failed: see above`);
    process.stdout.write(`${passed} passed, ${failures} failed\n`);
    process.exitCode = failures === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResults(path, strict) {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: [] };
  return countResults(JSON.parse(readFileSync(path, 'utf8')), strict);
}

await main(everything);
