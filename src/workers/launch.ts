// The way from this process to bwrap: each step gives something up and becomes the next by exec,
// so the process stays a child of this one. Pure but for the scripts that it carries.
import type { RunAs } from './ownership.ts';
import type { Limits } from './sandbox.ts';

/** The programs of the host that a run needs, by absolute path. */
export interface Programs {
  readonly bwrap: string;
  readonly bash: string;
  readonly setpriv: string;
  readonly prlimit: string;
  readonly mkfifo: string;
  /** Needed as root alone. */
  readonly unshare: string | null;
  readonly perl: string | null;
}

/** What the kernel said to an id-mapped mount, before anything ran. */
export const MAP_REFUSED = 'countersign-map: ';
/** Everything else that the steps before bwrap may say. */
export const LAUNCH_FAILED = 'countersign-launch: ';

/**
 * Clones the mount of the current directory, id-maps it by a user namespace's descriptor, and puts
 * it where the sandbox will look: util-linux before 2.39 has no command for that. open_tree,
 * mount_setattr and move_mount have the same numbers on every processor (linux/mount.h). The
 * directory is the current one because only that moves along into the new mount namespace.
 */
const MOUNT_SCRIPT = `
my ($at, $map, @close) = split /,/, shift @ARGV;
sub fail { print STDERR "$_[0]$_[1]: $!\\n"; exit 125 }
my $empty = "\\0";
my $tree = syscall(428, -100, $empty, 0x1 | 0x1000 | 0x8000 | 0x80000);
fail('${LAUNCH_FAILED}', 'open_tree') if $tree < 0;
if ($map ne '-') {
  my $attr = pack('Q4', 0x100000, 0, 0, $map);
  fail('${MAP_REFUSED}', 'mount_setattr') if syscall(442, $tree, $empty, 0x9000, $attr, 32) != 0;
  push @close, $map;
}
my $target = "$at\\0";
fail('${LAUNCH_FAILED}', 'move_mount') if syscall(429, $tree, $empty, -100, $target, 4) != 0;
for my $fd (@close) { open(my $file, '<&=', $fd) and close($file) }
chdir('/');
exec { $ARGV[0] } @ARGV or fail('${LAUNCH_FAILED}', $ARGV[0]);
`;

/**
 * Waits for the word to go, which comes when the run is in its cgroup: should this process die
 * before, the descriptor ends and nothing starts. setpriv has already tied it to this process.
 * Descriptors that this process inherited itself are closed: Node hands them on.
 */
const LIMITS_SCRIPT = `
read -r -u 3 word && [ "$word" = go ] || exit 125
cd / || exit 125
for open in /proc/self/fd/*; do
  fd=\${open##*/}
  if [ "$fd" -gt "$4" ]; then eval "exec $fd>&-"; fi
done
ulimit -c 0
ulimit -n "$1" 2>/dev/null
ulimit -s "$2" 2>/dev/null
[ "$3" = - ] || ulimit -u "$3" 2>/dev/null
shift 4
exec "$@"
`;

/** The command that becomes bwrap. `at` is where the workspace gets mounted for a run of root's. */
export function launchCommand(options: {
  readonly programs: Programs;
  readonly runAs: RunAs;
  readonly limits: Limits;
  /** Whether the slot's own user must limit the number of processes. */
  readonly countByUser: boolean;
  readonly at: string;
  readonly workspaceFd: number;
  readonly mapFd: number | null;
  /** The highest descriptor that the sandbox needs. */
  readonly lastFd: number;
  readonly sandbox: readonly string[];
}): { file: string; args: string[] } {
  const { programs, runAs, limits } = options;
  // Counted by user only where no cgroup counts by run: another Countersign on this host has the
  // same slots' users, and of an ordinary user's processes the host counts all.
  const byUser = options.countByUser && runAs.kind === 'slot';
  const ownProcesses = byUser ? String(limits.processes + 3) : '-';
  const chain = [
    ...[programs.setpriv, '--no-new-privs', '--pdeathsig', 'KILL'],
    ...(runAs.kind === 'self'
      ? []
      : ['--reuid', String(runAs.uid), '--regid', String(runAs.gid), '--clear-groups']),
    ...['--', programs.bash, '--norc', '--noprofile', '-c', LIMITS_SCRIPT, 'countersign'],
    ...[String(limits.openFiles), String(Math.ceil(limits.stackBytes / 1024)), ownProcesses],
    String(options.lastFd),
    programs.bwrap,
    ...options.sandbox,
  ];
  if (runAs.kind !== 'self') {
    const { unshare, perl } = programs;
    if (unshare === null || perl === null) throw new Error('root launches need unshare and perl');
    const map = options.mapFd === null ? '-' : String(options.mapFd);
    const fds = [options.at, map, String(options.workspaceFd)].join(',');
    chain.unshift(
      unshare,
      '--mount',
      '--propagation',
      'private',
      '--',
      perl,
      '-e',
      MOUNT_SCRIPT,
      fds,
    );
  }
  const [file, ...args] = chain;
  if (file === undefined) throw new Error('an empty launch');
  return { file, args };
}

/** Where root's runs find the workspace: in their own mount namespace this place is covered. */
export function coveredPlace(existing: readonly string[], bound: readonly string[]): string | null {
  const free = existing.find(
    (place) => !bound.some((path) => path === place || path.startsWith(`${place}/`)),
  );
  return free ?? null;
}
