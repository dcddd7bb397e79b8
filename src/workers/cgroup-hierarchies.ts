// Finds where this process may make cgroups: version 2 where its controllers are, else the
// version 1 hierarchies, else nothing. Makes no cgroup of a run; cgroup.ts does.
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

/** The controllers that the limits need. */
export type Controller = 'memory' | 'pids' | 'cpu';

/** One directory below which runs get their cgroups, and what can be limited there. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly base: string;
  readonly controllers: readonly Controller[];
}

/** This process's own place in each mounted hierarchy. */
interface OwnCgroups {
  /** Version 2's directory and the top of what is mounted, or null where it is not. */
  readonly unified: { readonly own: string; readonly top: string } | null;
  readonly legacy: ReadonlyMap<Controller, string>;
}

const CONTROLLERS: readonly Controller[] = ['memory', 'pids', 'cpu'];
// Version 2 allows no processes beside children that have controllers: ours move in here.
const OWN_LEAF = 'countersign-main';

/** Reads /proc/self/mountinfo and /proc/self/cgroup. Pure. */
export function ownCgroups(mountinfo: string, selfCgroup: string): OwnCgroups {
  const paths = new Map<string, string>();
  for (const line of selfCgroup.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    for (const name of (match[1] ?? '').split(',')) paths.set(name, match[2] ?? '/');
  }
  let unified: OwnCgroups['unified'] = null;
  const legacy = new Map<Controller, string>();
  for (const line of mountinfo.split('\n')) {
    const [mount, system] = line.split(' - ');
    const fields = mount?.split(' ') ?? [];
    const [type, , options] = system?.split(' ') ?? [];
    const root = unescapeMount(fields[3] ?? '/');
    const at = unescapeMount(fields[4] ?? '/');
    const place = (path: string | undefined): string | null => {
      if (path === undefined) return null;
      const below = relative(root, path);
      return below.startsWith('..') ? null : join(at, below);
    };
    const own = type === 'cgroup2' ? place(paths.get('')) : null;
    if (own !== null) unified ??= { own, top: at };
    if (type !== 'cgroup') continue;
    for (const controller of CONTROLLERS) {
      const directory = place(paths.get(controller));
      if (!(options ?? '').split(',').includes(controller) || directory === null) continue;
      if (!legacy.has(controller)) legacy.set(controller, directory);
    }
  }
  return { unified, legacy };
}

function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** The usable hierarchies, tried for real, and why others are not. */
export async function findHierarchies(
  prefix: string,
  asRoot: boolean,
): Promise<{ hierarchies: readonly Hierarchy[]; problems: readonly string[] }> {
  const own = ownCgroups(
    await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
    await readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
  );
  const hierarchies: Hierarchy[] = [];
  const problems: string[] = [];
  if (own.unified !== null) {
    const found = await unifiedHierarchy(own.unified, asRoot);
    if (typeof found === 'string') problems.push(found);
    else hierarchies.push(found);
  }
  const have = new Set(hierarchies.flatMap((hierarchy) => hierarchy.controllers));
  const byBase = new Map<string, Controller[]>();
  for (const [controller, base] of own.legacy) {
    if (have.has(controller)) continue;
    byBase.set(base, [...(byBase.get(base) ?? []), controller]);
  }
  for (const [base, controllers] of byBase) hierarchies.push({ version: 1, base, controllers });
  const usable: Hierarchy[] = [];
  for (const hierarchy of hierarchies) {
    const problem = await tryOut(join(hierarchy.base, `${prefix}probe`));
    if (problem === null) usable.push(hierarchy);
    else problems.push(problem);
  }
  if (own.unified === null && own.legacy.size === 0) problems.push('no cgroups are mounted here');
  return { hierarchies: usable, problems };
}

async function tryOut(directory: string): Promise<string | null> {
  try {
    await mkdir(directory, { recursive: true });
    await rmdir(directory);
    return null;
  } catch (error) {
    return `no cgroup can be made in ${dirname(directory)} (${codeOf(error)})`;
  }
}

/** Version 2 with as many of the controllers as can be had; or why there are none. */
async function unifiedHierarchy(
  { own, top }: { own: string; top: string },
  asRoot: boolean,
): Promise<Hierarchy | string> {
  const base = basename(own) === OWN_LEAF ? dirname(own) : own;
  const first = await delegate(base);
  if (typeof first !== 'string') return first;
  // A login session of root's holds other programs as well; the top is root's in any case.
  const second = asRoot && base !== top ? await delegate(top) : first;
  return typeof second === 'string' ? first : second;
}

/** Makes a version 2 cgroup hand its controllers on to children. */
async function delegate(base: string): Promise<Hierarchy | string> {
  const available = await words(join(base, 'cgroup.controllers'));
  const wanted = CONTROLLERS.filter((controller) => available.includes(controller));
  if (wanted.length === 0) return `the cgroup ${base} has no controllers of its own`;
  const enabled = await words(join(base, 'cgroup.subtree_control'));
  const missing = wanted.filter((controller) => !enabled.includes(controller));
  if (missing.length > 0) {
    try {
      await makeRoom(base);
      const line = missing.map((controller) => `+${controller}`).join(' ');
      await writeFile(join(base, 'cgroup.subtree_control'), line);
    } catch (error) {
      return (
        `the cgroup ${base} is not Countersign's alone (${codeOf(error)}): start it with ` +
        '`systemd-run --user --scope -p Delegate=yes`, or with Delegate=yes in its unit'
      );
    }
  }
  return { version: 2, base, controllers: wanted };
}

/**
 * Moves this process into a leaf, unless the cgroup is the root, where processes may stay. Others
 * are never moved: with them in it there is no room.
 */
async function makeRoom(base: string): Promise<void> {
  const isRoot = (await readFile(join(base, 'cgroup.type'), 'utf8').catch(() => null)) === null;
  if (isRoot) return;
  const others = (await words(join(base, 'cgroup.procs'))).filter(
    (pid) => pid !== String(process.pid),
  );
  if (others.length > 0) throw new Error(`${others.length} other processes are in it`);
  const leaf = join(base, OWN_LEAF);
  await mkdir(leaf, { recursive: true });
  await writeFile(join(leaf, 'cgroup.procs'), String(process.pid));
}

async function words(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split(/\s+/).filter((word) => word !== '');
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
