// Runs the benchmarks, compiled as the program is: what a loader adds to each function would be
// measured with it. Everything is compiled into a folder beside dist and removed afterwards.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, ensureBuild, ensureDependencies, main, ROOT, SetupError } from './setup.mjs';

await main(() => {
  checkNode();
  ensureDependencies();
  ensureBuild();
  const folder = join(ROOT, `dist.bench.${process.pid}`);
  const project = join(ROOT, `tsconfig.bench.${process.pid}.json`);
  try {
    const options = { noEmit: false, outDir: folder, rootDir: ROOT };
    const include = ['src', 'bench'].map((name) => join(ROOT, name));
    writeFileSync(
      project,
      JSON.stringify({ extends: './tsconfig.json', compilerOptions: options, include }),
    );
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = spawnSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
    if (compiled.status !== 0) throw new SetupError('The benchmarks do not compile: see above.');
    cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
    // What benchmarks and the program look for beside themselves.
    for (const name of readdirSync(ROOT)) {
      const isBeside = [
        'bin',
        'config',
        'dist',
        'node_modules',
        'package.json',
        'scripts',
      ].includes(name);
      if (isBeside) symlinkSync(join(ROOT, name), join(folder, name));
    }
    const entry = join(folder, 'bench', 'main.js');
    const run = spawnSync(process.execPath, [entry, ...process.argv.slice(2)], {
      stdio: 'inherit',
    });
    process.exitCode = run.status ?? 1;
  } finally {
    rmSync(project, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
});
