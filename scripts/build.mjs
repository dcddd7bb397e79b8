// Builds dist/ from src/: compiles, copies what the compiler leaves (migrations), and notes which
// sources it was. Into a folder beside first, so that a failed build leaves the last good one.
import { spawnSync } from 'node:child_process';
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, ROOT, SetupError, sourceDigest } from './setup.mjs';

await main(() => {
  const digest = sourceDigest();
  const fresh = join(ROOT, `dist.${process.pid}`);
  try {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh];
    const compiled = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    if (compiled.status !== 0) throw new SetupError('The sources do not compile: see above.');
    cpSync(join(ROOT, 'src'), fresh, {
      recursive: true,
      filter: (path) => !path.endsWith('.ts'),
    });
    writeFileSync(join(fresh, '.source'), digest);
    const dist = join(ROOT, 'dist');
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
