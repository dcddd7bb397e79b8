// What this host offers to a sandbox: its programs and the parts of its file system that every
// action may read. Looks once at start; runs nothing but `bwrap --help`.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, lstat, readFile, readlink, stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ETC_ENTRIES, type HostEntry, type HostView, ROOT_ENTRIES } from './bubblewrap-args.ts';
import type { Programs } from './launch.ts';
import { isWithin } from './workspace.ts';

/** The programs that a run needs, or the names of those that are missing. */
export async function findPrograms(
  path: string,
  asRoot: boolean,
): Promise<{ found: Programs } | { missing: readonly string[] }> {
  const names = ['bwrap', 'bash', 'setpriv', 'prlimit', 'mkfifo', 'unshare', 'perl'] as const;
  const places = new Map<string, string>();
  for (const name of names) {
    const place = await findProgram(name, path);
    if (place !== null) places.set(name, place);
  }
  const needed = asRoot ? names : names.slice(0, 5);
  const missing = needed.filter((name) => !places.has(name));
  if (missing.length > 0) return { missing };
  const at = (name: string) => places.get(name) ?? '';
  return {
    found: {
      bwrap: at('bwrap'),
      bash: at('bash'),
      setpriv: at('setpriv'),
      prlimit: at('prlimit'),
      mkfifo: at('mkfifo'),
      unshare: places.get('unshare') ?? null,
      perl: places.get('perl') ?? null,
    },
  };
}

async function findProgram(name: string, path: string): Promise<string | null> {
  for (const directory of path.split(delimiter)) {
    if (!directory.startsWith('/')) continue;
    const place = join(directory, name);
    const usable = await access(place, constants.X_OK).then(
      async () => (await stat(place)).isFile(),
      () => false,
    );
    if (usable) return place;
  }
  return null;
}

/** The host's part of every sandbox. */
export async function viewHost(bwrap: string, readable: readonly string[]): Promise<HostView> {
  const root = await entries(ROOT_ENTRIES);
  const etc = await entries(ETC_ENTRIES.map((name) => `/etc/${name}`));
  const { stdout, stderr } = await promisify(execFile)(bwrap, ['--help'], {
    env: { LC_ALL: 'C' },
  }).catch((error: unknown) => ({ stdout: '', stderr: String(error) }));
  return {
    root,
    etc,
    readable,
    supportsDisableUserns: `${stdout}${stderr}`.includes('--disable-userns'),
  };
}

/** Those that exist. A mount costs time at every run; a link into /usr does as well. */
async function entries(paths: readonly string[]): Promise<HostEntry[]> {
  const found: HostEntry[] = [];
  for (const path of paths) {
    if ((await stat(path).catch(() => null)) === null) continue;
    const target = (await lstat(path)).isSymbolicLink() ? await readlink(path) : null;
    const staysInUsr = target !== null && isWithin(resolve(dirname(path), target), '/usr');
    found.push([path, staysInUsr ? target : null]);
  }
  return found;
}

/** This process's own hard limit of processes: nobody but root may go above it. */
export async function hardProcessLimit(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = /^Max processes\s+\S+\s+(\S+)/m.exec(text)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
