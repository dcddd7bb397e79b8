// Which programs run another program given in their own words, and how their options are read.
// Tables only, with the reader of options; an option that is not in a table is never guessed.
import type { ReadWord } from './word.ts';

/** How one wrapper's words are read up to the command that it runs. */
export interface WrapperSpec {
  /** Short options without a value. */
  readonly flags?: string;
  /** Short options with a value, glued or in the next word. */
  readonly values?: string;
  /** Short options whose value, if any, is glued. */
  readonly glued?: string;
  readonly longFlags?: readonly string[];
  readonly longValues?: readonly string[];
  /** Words before the command, such as the duration of `timeout`. */
  readonly operands?: number;
  /** `NAME=value` words may stand before the command. */
  readonly assigns?: boolean;
  /** `-5` is a value. */
  readonly numeric?: boolean;
  /** Adds nothing to what the inner command can do: allowed wherever that is. */
  readonly transparent?: boolean;
  /** Runs it with other rights or elsewhere: a rule for the inner command does not cover this. */
  readonly privileged?: boolean;
}

/** Programs that are seen through option by option. */
export const WRAPPERS: ReadonlyMap<string, WrapperSpec> = new Map(
  Object.entries({
    env: {
      flags: 'i0v',
      values: 'uCS',
      longFlags: ['ignore-environment', 'null', 'debug', 'list-signal-handling'],
      longValues: ['unset', 'chdir', 'split-string'],
      assigns: true,
    },
    nice: { values: 'n', longValues: ['adjustment'], numeric: true, transparent: true },
    nohup: { transparent: true },
    setsid: { flags: 'cfw', longFlags: ['ctty', 'fork', 'wait'] },
    stdbuf: { values: 'ioe', longValues: ['input', 'output', 'error'], transparent: true },
    time: { flags: 'pvq', values: 'f', longFlags: ['portability', 'verbose', 'quiet'] },
    timeout: {
      flags: 'fpv',
      values: 'ks',
      longFlags: ['preserve-status', 'foreground', 'verbose'],
      longValues: ['kill-after', 'signal'],
      operands: 1,
      transparent: true,
    },
    taskset: { flags: 'ac', longFlags: ['all-tasks', 'cpu-list'], operands: 1 },
    chrt: {
      flags: 'bfiodrRv',
      values: 'TPD',
      longFlags: ['batch', 'fifo', 'idle', 'other', 'rr', 'reset-on-fork', 'verbose', 'deadline'],
      operands: 1,
    },
    ionice: {
      flags: 't',
      values: 'cn',
      longFlags: ['ignore'],
      longValues: ['class', 'classdata'],
      transparent: true,
    },
    sudo: {
      flags: 'AbEHnPSkisBK',
      values: 'CDghprRtTuU',
      longFlags: [
        'askpass',
        'background',
        'bell',
        'preserve-env',
        'set-home',
        'login',
        'shell',
        'non-interactive',
        'preserve-groups',
        'stdin',
        'reset-timestamp',
      ],
      longValues: ['close-from', 'chdir', 'group', 'host', 'prompt', 'chroot', 'role', 'user'],
      assigns: true,
      privileged: true,
    },
    doas: { flags: 'nLs', values: 'uC', assigns: true, privileged: true },
    xargs: {
      flags: '0rtpxo',
      values: 'adEILnPs',
      glued: 'eil',
      longFlags: ['null', 'no-run-if-empty', 'verbose', 'interactive', 'exit', 'open-tty'],
      longValues: [
        'arg-file',
        'delimiter',
        'max-args',
        'max-procs',
        'max-chars',
        'process-slot-var',
      ],
    },
    command: { flags: 'p' },
    builtin: {},
    exec: { flags: 'cl', values: 'a' },
    busybox: {},
    toybox: {},
    flock: {
      flags: 'sxeunoFv',
      values: 'wE',
      longFlags: ['shared', 'exclusive', 'unlock', 'nonblock', 'close', 'no-fork', 'verbose', 'nb'],
      longValues: ['timeout', 'wait', 'conflict-exit-code'],
      operands: 1,
    },
  } satisfies Record<string, WrapperSpec>),
);

/** Programs that run another program in ways that are not followed: never under a wildcard. */
export const CARRIERS: ReadonlySet<string> = new Set(
  (
    'unshare setpriv prlimit watch chroot nsenter script strace ltrace parallel entr su runuser ' +
    'start-stop-daemon systemd-run at batch crontab expect valgrind perf catchsegv fakeroot ' +
    'dbus-run-session faketime cgexec numactl chpst softlimit setuidgid envuidgid tini dumb-init ' +
    'rlwrap unbuffer firejail proxychains proxychains4 torsocks torify caffeinate xvfb-run ' +
    'ssh-agent pkexec hyperfine tsp ts ssh rsh mosh screen tmux dtach run-parts run-one ' +
    'ld.so ld-linux.so.2 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 setarch linux32 linux64 i386 ' +
    'x86_64 uname26 eatmydata with-lock-ex lockrun pidproxy multitime aa-exec capsh newgrp sg ' +
    'gosu su-exec s6-setuidgid bwrap dpkg-trigger choom coresched uclampset socat ncat nc netcat ' +
    'logsave ' +
    'xterm gnome-terminal konsole x-terminal-emulator machinectl lxc-attach lxc podman ip rush ' +
    'trickle daemon daemonize nohup.sh cpulimit pv-run sem apply foreach forever nodemon pm2 ' +
    'concurrently dotenv direnv asdf mise poetry pipenv pipx uv uvx npx pnpx bunx tsx ts-node ' +
    'corepack bundle rbenv pyenv nvm sdk volta fnm conda mamba micromamba nix-shell nix guix ' +
    'rustup wine qemu-x86_64 qemu-aarch64 qemu-arm box64 gdb lldb rr osascript open xdg-open ' +
    'chronic ifne zrun mpirun mpiexec srun torchrun watchexec nyc c8 setlock openvt ksu sops ' +
    'opam hatch pdm rye arch-nspawn genie ' +
    'csh tcsh fish nu sshpass sshuttle pssh grc wsl cmd cmd.exe powershell powershell.exe'
  ).split(/\s+/),
);

/** Shells: with `-c` their script is read, otherwise they run a file or their standard input. */
export const SHELLS: ReadonlySet<string> = new Set(
  'sh bash dash zsh ksh ksh93 mksh ash rbash yash posh'.split(' '),
);

/** What follows the options of a wrapper, or why that is not known. */
type WrapperReading =
  | {
      readonly known: true;
      /** Index of the first word of the inner command. */
      readonly start: number;
      /** Options with their values, in order. */
      readonly options: readonly { readonly name: string; readonly value: ReadWord | null }[];
      readonly assignments: readonly ReadWord[];
    }
  | { readonly known: false; readonly why: string };

/** Reads a wrapper's own options, up to the command that it runs. */
export function readWrapper(spec: WrapperSpec, words: readonly ReadWord[]): WrapperReading {
  const options: { name: string; value: ReadWord | null }[] = [];
  const assignments: ReadWord[] = [];
  let i = 1;
  for (; i < words.length; i++) {
    const word = words[i] as ReadWord;
    if (word.text === null && (word.mayBeOption || !word.single)) {
      return { known: false, why: 'an option that is not known before it runs' };
    }
    const text = word.text ?? '';
    if (text === '--') {
      i++;
      break;
    }
    if (!text.startsWith('-') || word.text === null) break;
    if (text === '-') {
      options.push({ name: 'i', value: null });
      continue;
    }
    if (spec.numeric && /^-\d+$/.test(text)) continue;
    const taken = text.startsWith('--')
      ? readLong(spec, text.slice(2), words[i + 1])
      : readCluster(spec, text.slice(1), words[i + 1], word);
    if (taken === null) return { known: false, why: `its option ${text} is not known` };
    options.push(...taken.options);
    if (taken.next) i++;
  }
  if (spec.assigns) {
    for (; i < words.length && /^[A-Za-z_]\w*=/.test((words[i] as ReadWord).prefix); i++) {
      assignments.push(words[i] as ReadWord);
    }
  }
  for (let n = spec.operands ?? 0; n > 0 && i < words.length; n--, i++) {
    const operand = words[i] as ReadWord;
    if (!operand.single) return { known: false, why: 'its operands are not known before it runs' };
  }
  return { known: true, start: i, options, assignments };
}

interface Taken {
  readonly options: { name: string; value: ReadWord | null }[];
  /** The next word was the value. */
  readonly next: boolean;
}

function glued(word: ReadWord, text: string): ReadWord {
  return { ...word, text, prefix: text, mayBeOption: text.startsWith('-') };
}

function readLong(spec: WrapperSpec, body: string, next: ReadWord | undefined): Taken | null {
  const [given = '', ...rest] = body.split('=');
  const value = rest.length === 0 ? null : rest.join('=');
  const flags = spec.longFlags ?? [];
  const values = spec.longValues ?? [];
  const all = [...flags, ...values];
  const fits = all.includes(given) ? [given] : all.filter((name) => name.startsWith(given));
  const name = fits[0];
  if (name === undefined || fits.length > 1) return null;
  if (flags.includes(name)) return { options: [{ name, value: null }], next: false };
  if (value !== null) {
    const word: ReadWord = {
      text: value,
      prefix: value,
      single: true,
      mayBeOption: false,
      tilde: null,
    };
    return { options: [{ name, value: word }], next: false };
  }
  if (next === undefined || !next.single) return null;
  return { options: [{ name, value: next }], next: true };
}

function readCluster(
  spec: WrapperSpec,
  body: string,
  next: ReadWord | undefined,
  word: ReadWord,
): Taken | null {
  const options: { name: string; value: ReadWord | null }[] = [];
  for (let i = 0; i < body.length; i++) {
    const name = body[i] as string;
    const rest = body.slice(i + 1);
    if (spec.flags?.includes(name)) {
      options.push({ name, value: null });
    } else if (spec.glued?.includes(name)) {
      options.push({ name, value: rest === '' ? null : glued(word, rest) });
      return { options, next: false };
    } else if (spec.values?.includes(name)) {
      if (rest !== '')
        return { options: [...options, { name, value: glued(word, rest) }], next: false };
      if (next === undefined || !next.single) return null;
      return { options: [...options, { name, value: next }], next: true };
    } else {
      return null;
    }
  }
  return { options, next: false };
}
