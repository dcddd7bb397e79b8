// What `npm start` and `npm test` need before anything of ours can run. Plain Node without a single
// dependency: it runs before there are any. Every step says in one line what it does and why, and
// does nothing where nothing is needed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A step that could not be done; its message says what to do. */
export class SetupError extends Error {}

/** Says one line on standard error, which leaves standard output to the program. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Refuses a Node.js that is older than package.json asks for. */
export function checkNode(version = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  const [want, have] = [least, version].map((text) => text.split('.').map(Number));
  const differing = want.findIndex((part, index) => part !== have[index]);
  if (differing !== -1 && have[differing] < want[differing]) {
    throw new SetupError(
      `Countersign needs Node.js ${least} or newer, and this is ${version}: install a newer one from https://nodejs.org`,
    );
  }
}

/** Installs the packages of one package.json with `npm ci` where they are missing or stale. */
export function ensureDependencies(folder = ROOT) {
  const lockPath = join(folder, 'package-lock.json');
  const stampPath = join(folder, 'node_modules', '.countersign-lock');
  const lockText = readFileSync(lockPath);
  const digest = createHash('sha256').update(lockText).digest('hex');
  if (readOrNull(stampPath) === digest) return;
  if (!isInstalled(JSON.parse(lockText), join(folder, 'node_modules'))) {
    const name = relative(ROOT, folder) || 'Countersign';
    const why = existsSync(join(folder, 'node_modules')) ? 'out of date' : 'missing';
    say(`Installing the packages of ${name} (${why}); this takes a moment ...`);
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      failed: 'The packages could not be installed: is the npm registry reachable?',
    });
  }
  writeFileSync(stampPath, digest);
}

/** Whether node_modules holds exactly what the lock file says, as npm itself noted it down. */
function isInstalled(lock, modules) {
  const noted = readOrNull(join(modules, '.package-lock.json'));
  if (noted === null) return false;
  const { packages } = JSON.parse(noted);
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '') return true;
    const have = packages[path];
    // Packages for other systems are optional and rightly absent.
    if (have === undefined) return wanted.optional === true || wanted.devOptional === true;
    return have.version === wanted.version && have.integrity === wanted.integrity;
  });
}

/** Builds dist/ where it is missing or was built from other sources. */
export function ensureBuild() {
  if (readOrNull(join(ROOT, 'dist', '.source')) === sourceDigest()) return;
  say('Building ...');
  run(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], { failed: 'The build failed' });
}

/** SHA-256 over everything that the build reads. */
export function sourceDigest() {
  const hash = createHash('sha256');
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .concat(['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((f) => join(ROOT, f)))
    .sort();
  for (const file of files) hash.update(`${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Makes `npx countersign` in this folder run this folder's program. */
export function linkCommand() {
  const link = join(ROOT, 'node_modules', '.bin', 'countersign');
  const target = join(ROOT, 'bin', 'countersign.js');
  // Unpacked archives may have lost the mode that git keeps.
  if (process.platform !== 'win32' && !isExecutable(target)) chmodSync(target, 0o755);
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), target), link);
}

/** The first of these programs' packages that are missing, by Debian's names. */
export function missingPackages(wanted) {
  return Object.entries(wanted)
    .filter(([program]) => !isProgram(program))
    .map(([, name]) => name);
}

/** Whether a program is on the PATH, or where Debian keeps PostgreSQL's. */
function isProgram(name) {
  const versions = join('/usr/lib/postgresql');
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .concat('/usr/sbin', '/usr/bin')
    .concat(existsSync(versions) ? readdirSync(versions).map((v) => join(versions, v, 'bin')) : []);
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs Debian packages where this may be done without asking: as root, on Debian or Ubuntu.
 * Elsewhere says the command. Returns whether they are there now.
 */
export function ensurePackages(names, whatFor) {
  if (names.length === 0) return true;
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !isProgram('apt-get')) {
    const prefix = isProgram('apt-get') ? 'run: sudo ' : 'on Debian or Ubuntu: ';
    say(`Missing: ${names.join(', ')} (${whatFor}). To install: ${prefix}${command}`);
    return false;
  }
  say(`Installing ${names.join(', ')} (${whatFor}): ${command}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => apt(['install', '-y', '--no-install-recommends', ...names], environment);
  // A fresh machine has no package lists; one that has them is spared the download.
  let result = install();
  if (result.status !== 0) {
    apt(['update'], environment);
    result = install();
  }
  if (result.status === 0) return true;
  say(result.stderr.trim() || result.stdout.trim() || String(result.error ?? ''));
  say(`${names.join(', ')} could not be installed; by hand: ${command}`);
  return false;
}

function apt(args, env) {
  const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0'];
  return spawnSync('apt-get', [...quiet, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a program to its end with our output; a failure is a SetupError. */
function run(program, args, { cwd = ROOT, failed }) {
  const result = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new SetupError(`${failed} (${reasonOf(result)}).`);
}

function reasonOf({ status, signal, error }) {
  return error?.message ?? (signal === null ? `exit code ${status}` : `ended by ${signal}`);
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Runs the steps of a script; what they cannot do is one line and exit code 1. */
export async function main(steps) {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
