// `npm run lock`, after every change of dependencies: writes package-lock.json anew and adds the
// optional packages of other platforms where the registry in use does not serve them, because npm
// then leaves them out and `npm ci` refuses the file. What such a package is for is in its name;
// without an integrity npm checks it only where it is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, ROOT, SetupError } from './setup.mjs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
];
SYSTEMS.push('sunos', 'win32');
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x'];
PROCESSORS.push('x64', 'wasm32');

/** The lock with an entry for every optional package that one of its packages wants. */
export function completeLock(lock) {
  const packages = { ...lock.packages };
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
      if (placesOf(parent, name).some((place) => place in packages)) continue;
      packages[`node_modules/${name}`] = entryFor(name, wanted, entry.dev === true);
    }
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

function entryFor(name, wanted, dev) {
  const words = name.split('/').at(-1).split(/[-_]/);
  const known = (list) => list.filter((word) => words.includes(word));
  const [os, cpu] = [known(SYSTEMS), known(PROCESSORS)];
  if (os.length === 0 || !/^\d+\.\d+\.\d+$/.test(wanted)) {
    throw new SetupError(
      `${name}@${wanted} is not in the lock, and its name does not say for what`,
    );
  }
  const libc = /musl/.test(name) ? ['musl'] : /-gnu/.test(name) ? ['glibc'] : [];
  return {
    version: wanted,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(libc.length > 0 && { libc }),
    optional: true,
    os,
  };
}

/** Where Node looks for a package from another one, nearest first. */
export function placesOf(parent, name) {
  const steps = parent.split('/node_modules/');
  const folders = steps.map((_, index) =>
    steps.slice(0, steps.length - index).join('/node_modules/'),
  );
  return [...folders.map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => {
    const args = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    args.push('--omit-lockfile-registry-resolved');
    const ran = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' });
    if (ran.status !== 0) throw new SetupError('npm could not write the lock file: see above.');
    const path = join(ROOT, 'package-lock.json');
    const complete = completeLock(JSON.parse(readFileSync(path, 'utf8')));
    writeFileSync(path, `${JSON.stringify(complete, null, 2)}\n`);
  });
}
