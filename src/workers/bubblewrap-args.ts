// What the action sees: the arguments of bwrap, built from plain data. Pure: whoever calls it has
// looked at the file system and opened the descriptors that are named here by number.
import { dirname } from 'node:path';
import type { Action } from '../bus/action.ts';
import { plainArgv } from '../bus/plain-words.ts';
import { type Limits, SandboxRefused } from './sandbox.ts';
import { isWithin } from './workspace.ts';

/** Numbers of open descriptors in the child. */
export interface Descriptors {
  /** A line that starts it, then variables for --args. */
  readonly go: number;
  readonly status: number;
  readonly passwd: number;
  readonly group: number;
  readonly hosts: number;
  readonly filter: number | null;
}

/** A path of the host; the target where it is a link into /usr, null where it is mounted. */
export type HostEntry = readonly [path: string, target: string | null];

/** The host as far as the sandbox shows it. */
export interface HostView {
  /** /bin, /lib64 and the like. */
  readonly root: readonly HostEntry[];
  /** Files and directories of /etc that exist and hold no secret. */
  readonly etc: readonly HostEntry[];
  readonly readable: readonly string[];
  readonly supportsDisableUserns: boolean;
}

/** A file or directory within the workspace that stays unseen. */
export interface Hidden {
  readonly path: string;
  readonly directory: boolean;
}

/** One run as bwrap needs it. */
export interface View {
  readonly host: HostView;
  readonly action: Action;
  readonly workspace: string;
  /** Where the workspace is to be had on the host: itself, or the mount made for this run. */
  readonly source: string;
  readonly hidden: readonly Hidden[];
  readonly limits: Limits;
  readonly descriptors: Descriptors;
}

/** The user that an action is inside, whoever it is outside. */
const INNER_ID = 1000;
const INNER_USER = 'action';
const INNER_HOME = `/home/${INNER_USER}`;
const INNER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const MIB = 1024 ** 2;

/** Links or directories of the root that lead into /usr. */
export const ROOT_ENTRIES = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/** What programs read in /etc; nothing with keys or passwords may ever be listed here. */
export const ETC_ENTRIES = [
  'alternatives',
  'crypto-policies',
  'fonts',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'perl',
  'pki/ca-trust/extracted',
  'pki/tls/certs',
  'protocols',
  'python3',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
] as const;

// bash reads these before or while it reads the line that was approved: the line would no longer
// be all that runs.
const SHELL_VARIABLE =
  /^(?:BASH_ENV|ENV|SHELLOPTS|BASHOPTS|PS4|POSIXLY_CORRECT|BASH_COMPAT|GLOBIGNORE|EXECIGNORE|BASH_FUNC_.*)$/s;

// bash runs what comes before a syntax error: a line that it cannot read whole must not begin.
const READ_THEN_RUN =
  'bash --norc --noprofile -n -c -- "$1" && exec bash --norc --noprofile -c -- "$1"';

/** The command inside: argv, and a line of one program and plain words, run without any shell. */
export function innerCommand(action: Action): string[] {
  if (action.kind === 'exec') return [...action.argv];
  const loaded = Object.keys(action.env).filter((name) => SHELL_VARIABLE.test(name));
  if (loaded.length > 0) {
    throw new SandboxRefused(
      `the variable ${loaded.join(', ')} changes how bash reads the line: leave it out, ` +
        'or set it within the line, where it is seen',
    );
  }
  const argv = plainArgv(action.command);
  if (argv !== null) return argv;
  return ['bash', '--norc', '--noprofile', '-c', READ_THEN_RUN, 'bash', action.command];
}

/** The variables of the action: the sandbox's own few, then the action's. */
function innerEnvironment(action: Action): Readonly<Record<string, string>> {
  return {
    PATH: INNER_PATH,
    HOME: INNER_HOME,
    USER: INNER_USER,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    ...action.env,
  };
}

/**
 * The variables as bwrap reads them from a descriptor, NUL-separated: on the command line every
 * user of the host could read them.
 */
export function environmentArgs(action: Action): string {
  return Object.entries(innerEnvironment(action))
    .map(([name, value]) => `--setenv\0${name}\0${value}\0`)
    .join('');
}

/** All of bwrap's arguments before the inner command. */
export function sandboxArgs(view: View): string[] {
  const { host, workspace, limits, descriptors } = view;
  const size = (bytes: number) => ['--size', String(Math.min(bytes, limits.memoryBytes))];
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
    '--unshare-cgroup-try',
    ...(host.supportsDisableUserns ? ['--disable-userns'] : []),
    ...['--uid', String(INNER_ID), '--gid', String(INNER_ID), '--hostname', 'countersign'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr'],
    ...[...host.root, ...host.etc].flatMap(([path, target]) =>
      target === null ? ['--ro-bind', path, path] : ['--symlink', target, path],
    ),
    ...['--perms', '0644', '--file', String(descriptors.passwd), '/etc/passwd'],
    ...['--perms', '0644', '--file', String(descriptors.group), '/etc/group'],
    ...['--perms', '0644', '--file', String(descriptors.hosts), '/etc/hosts'],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...[...size(64 * MIB), '--perms', '1777', '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--dir', '/run', '--dir', '/var', '--symlink', '/tmp', '/var/tmp'],
    ...[...size(256 * MIB), '--perms', '1777', '--tmpfs', '/tmp'],
    ...[...size(128 * MIB), '--perms', '0700', '--tmpfs', INNER_HOME],
    ...host.readable
      .filter((path) => !isWithin(path, workspace))
      .flatMap((path) => ['--ro-bind', path, path]),
    ...workspaceArgs(view),
    ...['--remount-ro', '/', '--chdir', view.action.cwd],
    ...['--json-status-fd', String(descriptors.status)],
    ...(descriptors.filter === null ? [] : ['--seccomp', String(descriptors.filter)]),
    ...['--args', String(descriptors.go), '--'],
  ];
}

function workspaceArgs({ action, workspace, source, hidden }: View): string[] {
  const bind = action.sandbox === 'moderate' ? '--bind' : '--ro-bind';
  const args = [bind, source, workspace];
  // A directory above a hidden one could be renamed, and the next run would find it unhidden: as
  // mounts of their own they stay where they are.
  for (const between of new Set(
    hidden.flatMap(({ path }) => directoriesBetween(path, workspace)),
  )) {
    args.push(bind, source + between.slice(workspace.length), between);
  }
  for (const { path, directory } of hidden) {
    if (directory) args.push('--size', '4096', '--tmpfs', path, '--remount-ro', path);
    else args.push('--ro-bind', '/dev/null', path);
  }
  return args;
}

/** From the top down, without either end. */
function directoriesBetween(path: string, top: string): string[] {
  const found: string[] = [];
  for (let at = dirname(path); at.length > top.length; at = dirname(at)) found.unshift(at);
  return found;
}

/** The contents of the sandbox's own /etc/passwd, /etc/group and /etc/hosts. */
export const INNER_FILES = {
  passwd:
    `root:x:0:0:root:/root:/usr/sbin/nologin\n` +
    `${INNER_USER}:x:${INNER_ID}:${INNER_ID}::${INNER_HOME}:/bin/bash\n` +
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: `root:x:0:\n${INNER_USER}:x:${INNER_ID}:\nnogroup:x:65534:\n`,
  hosts: '127.0.0.1 localhost countersign\n::1 localhost\n',
} as const;
