// What every sandbox keeps: nothing of the host to read, write or reach beyond the workspace, the
// limits, the exact bytes, and how a run ends. A backend's test calls `describeSandbox`.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Action, freezeAction, sha256Hex } from '../../src/bus/action.ts';
import {
  DEFAULT_LIMITS,
  type Limits,
  type Sandbox,
  type SandboxEvent,
  SandboxRefused,
} from '../../src/workers/sandbox.ts';

/** A backend under test. */
export interface SandboxUnderTest {
  readonly sandbox: Sandbox;
  /** An existing, empty directory whose owner is to own what actions make. */
  readonly workspace: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  close(): Promise<void>;
}

export type Exit = Extract<SandboxEvent, { type: 'exit' }>;

/** A whole run. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: Exit;
}

export interface RunOptions {
  readonly action: Partial<Action> &
    ({ kind: 'shell'; command: string } | { kind: 'exec'; argv: string[] });
  readonly workspace: string;
  readonly limits?: Partial<Limits>;
  readonly slot?: number;
  readonly stdin?: Uint8Array;
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
}

/** Runs one action to its end; keeps at most 1 MiB of each stream. */
export async function runIn(sandbox: Sandbox, options: RunOptions): Promise<Ran> {
  const { workspace, stdin, signal } = options;
  const frozen = freezeAction({
    cwd: workspace,
    env: {},
    stdinDigest: stdin === undefined ? null : sha256Hex(stdin),
    sandbox: 'moderate',
    ...options.action,
  } as Action);
  const kept: Record<'stdout' | 'stderr', { parts: Uint8Array[]; bytes: number }> = {
    stdout: { parts: [], bytes: 0 },
    stderr: { parts: [], bytes: 0 },
  };
  let exit: Exit | null = null;
  const request = {
    frozen,
    workspace,
    limits: { ...DEFAULT_LIMITS, wallMs: 20_000, ...options.limits },
    slot: options.slot ?? 0,
    stdin: stdin ?? null,
    name: 'K7Q2M',
  };
  for await (const event of sandbox.run(request, signal ?? new AbortController().signal)) {
    expect(exit, 'nothing comes after the exit').toBeNull();
    if (event.type === 'exit') {
      exit = event;
      continue;
    }
    options.onOutput?.(Buffer.from(event.bytes).toString('utf8'));
    const stream = kept[event.stream];
    if (stream.bytes < 1024 ** 2) stream.parts.push(Uint8Array.from(event.bytes));
    stream.bytes += event.bytes.length;
  }
  if (exit === null) throw new Error('a run ended without an exit event');
  const text = (stream: 'stdout' | 'stderr') => Buffer.concat(kept[stream].parts).toString('utf8');
  return { stdout: text('stdout'), stderr: text('stderr'), exit };
}

/** Registers the contract's tests. */
export function describeSandbox(name: string, open: () => Promise<SandboxUnderTest>): void {
  describe(`the sandbox contract: ${name}`, () => {
    let subject: SandboxUnderTest;
    const shell = async (command: string, more: Partial<RunOptions> = {}) =>
      runIn(subject.sandbox, {
        workspace: subject.workspace,
        ...more,
        action: { kind: 'shell', command, ...more.action } as RunOptions['action'],
      });
    const exec = async (argv: string[], more: Partial<RunOptions> = {}) =>
      runIn(subject.sandbox, {
        workspace: subject.workspace,
        ...more,
        action: { kind: 'exec', argv, ...more.action } as RunOptions['action'],
      });

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject?.close();
    });

    it('begins no line that bash cannot read whole', async () => {
      const { stdout, stderr, exit } = await shell('echo A\nif ; then');
      expect({ stdout, exitCode: exit.exitCode }).toEqual({ stdout: '', exitCode: 2 });
      expect(stderr).toContain('syntax error');
    });

    it('says that it works, having tried', async () => {
      const check = await subject.sandbox.check();
      expect({ ok: check.ok, detail: check.detail }).toEqual({
        ok: true,
        detail: expect.stringContaining('works'),
      });
    });

    describe('how a run ends', () => {
      it.each([
        [0, 'true', 'exited', null],
        [7, 'exit 7', 'exited', null],
        [128, 'exit 128', 'exited', null],
        [143, 'kill -TERM $$', 'signalled', 'SIGTERM'],
        [137, 'kill -KILL $$', 'signalled', 'SIGKILL'],
        [127, 'no-such-command-here', 'exited', null],
        [126, '/etc/passwd', 'exited', null],
      ] as const)('exit code %i of a shell line: %s', async (exitCode, line, ended, signal) => {
        const { exit } = await shell(line);
        expect({ ...exit, durationMs: 0, unenforced: [] }).toEqual({
          type: 'exit',
          exitCode,
          ended,
          signal,
          durationMs: 0,
          unenforced: [],
        });
      });

      it.each([
        [0, ['true']],
        [7, ['sh', '-c', 'exit 7']],
        [127, ['no-such-command-here']],
        [127, ['./no-such-file']],
        [126, ['/etc/passwd']],
        [126, ['/usr']],
      ] as const)(
        'exit code %i of argv %j, with a reason on stderr where it did not start',
        async (exitCode, argv) => {
          const { exit, stderr } = await exec([...argv]);
          expect({ exitCode: exit.exitCode, ended: exit.ended }).toEqual({
            exitCode,
            ended: 'exited',
          });
          if (exitCode > 125) expect(stderr).toContain(argv[0]);
          else expect(stderr).toBe('');
        },
      );

      it('ends at the time limit, with grandchildren that ignore TERM and left the session', async () => {
        const stamp = `1${Date.now() % 100_000_000}`;
        const { exit } = await shell(
          `trap '' TERM; (trap '' TERM; setsid sleep ${stamp}) & sleep ${stamp}; sleep ${stamp}`,
          { limits: { wallMs: 2000 } },
        );
        expect({ exitCode: exit.exitCode, ended: exit.ended }).toEqual({
          exitCode: 137,
          ended: 'timeout',
        });
        expect(exit.durationMs).toBeGreaterThan(7000);
        expect(await commandLines(stamp)).toEqual([]);
      });

      it('ends by TERM first, so that an action can clean up; stopped is never success', async () => {
        const { exit, stdout } = await shell(
          `trap 'echo cleaning; exit 0' TERM; sleep 100 & wait $!`,
          { limits: { wallMs: 2000 } },
        );
        expect({ stdout, exitCode: exit.exitCode, ended: exit.ended }).toEqual({
          stdout: 'cleaning\n',
          exitCode: 143,
          ended: 'timeout',
        });
        expect(exit.durationMs).toBeLessThan(7000);
      });

      it('ends when it is cancelled', async () => {
        const controller = new AbortController();
        const { exit, stdout } = await shell('echo started; sleep 100', {
          signal: controller.signal,
          onOutput: () => controller.abort(),
        });
        expect({ stdout, exitCode: exit.exitCode, ended: exit.ended }).toEqual({
          stdout: 'started\n',
          exitCode: 143,
          ended: 'cancelled',
        });
      });

      it('does not start at all when it was cancelled before', async () => {
        const running = shell('touch started-nevertheless', { signal: AbortSignal.abort() });
        await expect(running).rejects.toThrow(SandboxRefused);
        expect(await readdir(subject.workspace)).not.toContain('started-nevertheless');
      });

      it('leaves nothing of a daemon that outlives its command', async () => {
        const stamp = `2${Date.now() % 100_000_000}`;
        const { exit } = await shell(`setsid sleep ${stamp} >/dev/null 2>&1 & exit 0`);
        expect(exit.exitCode).toBe(0);
        expect(await commandLines(stamp)).toEqual([]);
      });
    });

    describe('what an action is given', () => {
      it('its argv, byte for byte, without any shell', async () => {
        const words = [
          '',
          'a b',
          `'"\`$HOME`,
          'ünï → 日本 🙂',
          'two\nlines',
          '-n',
          '\\',
          '*',
          '\u0007',
        ];
        const { stdout } = await exec(['printf', '%s\\0', ...words]);
        expect(stdout.split('\0')).toEqual([...words, '']);
      });

      it('its line, byte for byte, to bash', async () => {
        const { stdout } = await shell(
          `printf '%s' "\${BASH_VERSION:+bash} ünï 🙂"\necho; echo 'a"b'`,
        );
        expect(stdout).toBe('bash ünï 🙂\na"b\n');
      });

      it('a line of plain words without a shell, and any other with bash', async () => {
        const command = (line: string) => shell(line).then(({ stdout }) => stdout);
        // A shell leaves its mark in the environment.
        expect(await command("env 'MARK=a  b'")).toMatch(/^(?![\s\S]*SHLVL=)[\s\S]*MARK=a {2}b\n/);
        expect(await command('env; true')).toContain('SHLVL=');
        const missing = await shell('no-such-program --at all');
        expect(missing.exit.exitCode).toBe(127);
      });

      it('its standard input, or none', async () => {
        const stdin = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
        const given = await exec(['sha256sum'], { stdin });
        const none = await exec(['cat']);
        const reopened = await shell('cat /dev/stdin | wc -c', { stdin });
        expect([given.stdout, none.stdout, reopened.stdout]).toEqual([
          `${sha256Hex(stdin)}  -\n`,
          '',
          '100000\n',
        ]);
      });

      it('its own variables and a few fixed ones, nothing of this process', async () => {
        const { stdout } = await exec(['env', '-0'], {
          action: { env: { GREETING: 'a=b\nc', EMPTY: '' } } as unknown as RunOptions['action'],
        });
        const names = stdout
          .split('\0')
          .filter((entry) => entry !== '' && !entry.startsWith('PWD='));
        expect(names.sort()).toEqual([
          'EMPTY=',
          'GREETING=a=b\nc',
          expect.stringMatching(/^HOME=\//),
          'LANG=C.UTF-8',
          expect.stringMatching(/^PATH=\//),
          'TERM=dumb',
          'TMPDIR=/tmp',
          expect.stringMatching(/^USER=/),
        ]);
      });

      it.each(['BASH_ENV', 'ENV', 'SHELLOPTS', 'PS4', 'BASH_FUNC_ls%%', 'BASH_COMPAT'])(
        'no line with the variable %s, which would run more than was shown',
        async (variable) => {
          const running = shell('echo ran', {
            action: { env: { [variable]: '/dev/null' } } as unknown as RunOptions['action'],
          });
          await expect(running).rejects.toThrow(variable);
        },
      );

      it('standard streams that can be opened by name, and no terminal', async () => {
        const { stdout, stderr, exit } = await shell(
          'echo out > /dev/stdout; echo err > /dev/stderr; test -t 0 -o -t 1 -o -t 2; echo $?; : </dev/tty',
        );
        expect({ stdout, exitCode: exit.exitCode }).toEqual({ stdout: 'out\n1\n', exitCode: 1 });
        expect(stderr).toMatch(/^err\n.*\/dev\/tty.*\n$/);
      });

      it('no descriptor but the standard ones', async () => {
        const { stdout } = await shell("cd /proc/self/fd; printf '%s\\n' *");
        // The fourth is the shell's own, of the directory that it lists.
        expect(stdout.trim().split('\n').slice(0, 3)).toEqual(['0', '1', '2']);
        expect(stdout.trim().split('\n').length).toBeLessThanOrEqual(4);
      });

      it('output in order of arrival, each byte', async () => {
        const { stdout } = await shell('for i in $(seq 20000); do echo "line $i"; done');
        const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}\n`);
        expect(stdout).toBe(lines.join(''));
      });
    });

    describe('what an action cannot do', () => {
      it('reach the network, not even the loopback of the host', async () => {
        const connections: string[] = [];
        const server = createServer((socket) => {
          connections.push(String(socket.remoteAddress));
          socket.end('secret');
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error('no port');
        try {
          const { stdout, exit } = await shell(
            `exec 3<>/dev/tcp/127.0.0.1/${address.port} && cat <&3`,
          );
          expect({ stdout, failed: exit.exitCode !== 0, connections }).toEqual({
            stdout: '',
            failed: true,
            connections: [],
          });
          const links = await shell('tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "');
          expect(links.stdout).toBe('lo\n');
        } finally {
          await new Promise((resolve) => server.close(resolve));
        }
      });

      it.each(['/etc/shadow', '/root', '/var/log', '/home/root', '/run/systemd', '/sys/kernel'])(
        'see %s of the host',
        async (path) => {
          const { exit } = await shell(`ls ${path} && cat ${path}`);
          expect(exit.exitCode).not.toBe(0);
        },
      );

      it.each([
        '/new',
        '/etc/new',
        '/usr/new',
        '/usr/bin/new',
        '/dev/new',
        '/run/new',
        '/var/new',
        '/proc/sys/kernel/hostname',
        '/proc/sys/kernel/core_pattern',
        '/proc/sys/vm/drop_caches',
        '/proc/sysrq-trigger',
        '/proc/1/mem',
      ])('write %s', async (path) => {
        const { exit, stdout } = await shell(`echo 1 > ${path} && echo written`);
        expect({ stdout, failed: exit.exitCode !== 0 }).toEqual({ stdout: '', failed: true });
      });

      it('be anybody: an ordinary user without capabilities that cannot gain any', async () => {
        const { stdout } = await shell(
          `id -u; sed -n 's/^\\(Cap[A-Za-z]*\\|NoNewPrivs\\|Groups\\):\\s*/\\1 /p' /proc/self/status`,
        );
        const [id, ...lines] = stdout.trim().split('\n');
        expect(Number(id)).toBeGreaterThan(0);
        const none = '0'.repeat(16);
        expect(lines.filter((line) => !line.startsWith('Groups'))).toEqual([
          `CapInh ${none}`,
          `CapPrm ${none}`,
          `CapEff ${none}`,
          `CapBnd ${none}`,
          `CapAmb ${none}`,
          'NoNewPrivs 1',
        ]);
      });

      it('make a name space, mount, or see the processes of the host', async () => {
        const { stdout } = await shell(
          'unshare -U true 2>/dev/null; echo $?; mount -t tmpfs x /tmp 2>/dev/null; echo $?; ' +
            "ls /proc | grep -c '^[0-9]'; hostname",
        );
        const [user, mount, processes, host] = stdout.trim().split('\n');
        expect({ user, mountFailed: mount !== '0', host }).toEqual({
          user: '1',
          mountFailed: true,
          host: 'countersign',
        });
        expect(Number(processes)).toBeLessThanOrEqual(5);
      });

      it('put set-user-ID or set-group-ID bits on a file', async () => {
        const { stdout } = await shell(
          'cp /bin/true mine; chmod u+s mine; chmod 2755 mine; chmod 4755 mine; stat -c %a mine; ' +
            "perl -e 'sysopen(F, q(born), 65, 04755); syscall(1, 0, 0, 0)'; stat -c %a born 2>/dev/null; " +
            'chmod 711 mine && stat -c %a mine; rm -f mine born',
        );
        expect(stdout).toBe('755\n711\n');
      });
    });

    describe('the workspace', () => {
      it('is at its own path, writable in profile moderate, and its owner owns what is made', async () => {
        const { stdout, exit } = await shell(
          'pwd; umask 022; echo one > made; mkdir -p deep/er; echo two > deep/er/made; ln -s made link',
        );
        expect({ stdout, exitCode: exit.exitCode }).toEqual({
          stdout: `${subject.workspace}\n`,
          exitCode: 0,
        });
        for (const file of ['made', 'deep', 'deep/er', 'deep/er/made', 'link']) {
          const { uid, gid } = await stat(join(subject.workspace, file));
          expect({ file, uid, gid }).toEqual({ file, ...subject.owner });
        }
        expect(await readFile(join(subject.workspace, 'deep/er/made'), 'utf8')).toBe('two\n');
      });

      it('is read-only in profile strict', async () => {
        await writeFile(join(subject.workspace, 'readable'), 'content\n');
        const { stdout, exit } = await shell('cat readable; echo more >> readable', {
          action: { sandbox: 'strict' } as unknown as RunOptions['action'],
        });
        expect({ stdout, exitCode: exit.exitCode }).toEqual({ stdout: 'content\n', exitCode: 1 });
        expect(await readFile(join(subject.workspace, 'readable'), 'utf8')).toBe('content\n');
      });

      it('has scratch space beside it that does not outlive the run', async () => {
        const first = await shell(
          'echo x > /tmp/scratch; echo y > ~/scratch; cat /tmp/scratch ~/scratch',
        );
        const second = await shell('ls -A /tmp/scratch ~/scratch 2>/dev/null');
        expect([first.stdout, second.stdout]).toEqual(['x\ny\n', '']);
      });

      it('holds the cwd, or nothing runs', async () => {
        const outside = shell('pwd', {
          action: { cwd: '/usr' } as unknown as RunOptions['action'],
        });
        await expect(outside).rejects.toThrow(/does not lie in the workspace/);
        const dots = shell('pwd', {
          action: { cwd: `${subject.workspace}/../..` } as unknown as RunOptions['action'],
        });
        await expect(dots).rejects.toThrow(SandboxRefused);
        const absent = shell('pwd', {
          action: { cwd: join(subject.workspace, 'absent') } as unknown as RunOptions['action'],
        });
        await expect(absent).rejects.toThrow(SandboxRefused);
      });

      it('must exist, or nothing runs', async () => {
        const workspace = join(subject.workspace, 'not-there');
        const running = runIn(subject.sandbox, {
          workspace,
          action: { kind: 'exec', argv: ['true'] },
        });
        await expect(running).rejects.toThrow(SandboxRefused);
      });
    });

    describe('the limits', () => {
      it('processes: a fork bomb dies and the host goes on', async () => {
        const { exit } = await shell(':(){ :|:& };: ; sleep 1', { limits: { wallMs: 1500 } });
        expect(exit.ended).not.toBe('cancelled');
        const after = await shell('echo alive');
        expect(after.stdout).toBe('alive\n');
      });

      it('processes: as many as allowed and no more', async () => {
        const { stdout } = await shell(
          "perl -e 'my $n = 0; while ($n < 200) { my $p = fork(); last unless defined $p; " +
            "if (!$p) { sleep 20; exit } $n++ } print $n; kill 9, -getpgrp() if 0; exec q(true)'",
          { limits: { processes: 32 } },
        );
        // Of the 32, one is the shell and one is perl at most.
        expect(Number(stdout)).toBeGreaterThanOrEqual(28);
        expect(Number(stdout)).toBeLessThanOrEqual(32);
      });

      it('open files and stack', async () => {
        const { stdout } = await shell('ulimit -n; ulimit -Hn; ulimit -s; ulimit -c', {
          limits: { openFiles: 300, stackBytes: 4 * 1024 ** 2 },
        });
        expect(stdout).toBe('300\n300\n4096\n0\n');
      });

      it('memory in total: several processes, each below it, die together', async () => {
        const check = await subject.sandbox.check();
        if (check.unenforced.some((limit) => limit.includes('memory'))) {
          expect(check.detail).toMatch(/cgroup/);
          return;
        }
        const hog = `perl -e '$x = "x" x (60 * 1048576); sleep 10' & `;
        const { exit } = await shell(`${hog.repeat(4)} wait; echo survived`, {
          limits: { memoryBytes: 128 * 1024 ** 2 },
        });
        expect({ exitCode: exit.exitCode, ended: exit.ended }).toEqual({
          exitCode: 137,
          ended: 'out-of-memory',
        });
      });

      it('memory: what fits is left alone, scratch space counts', async () => {
        const { exit } = await shell(`perl -e '$x = "x" x (20 * 1048576)'`, {
          limits: { memoryBytes: 128 * 1024 ** 2 },
        });
        expect(exit.exitCode).toBe(0);
        const full = await shell('head -c 300M /dev/zero > /tmp/full');
        expect(full.exit.exitCode).not.toBe(0);
      });

      it('a consumer that is slow slows the action, and one that leaves ends it', async () => {
        const stamp = `3${Date.now() % 100_000_000}`;
        const frozen = freezeAction({
          kind: 'shell',
          command: `yes ${stamp}`,
          cwd: subject.workspace,
          env: {},
          stdinDigest: null,
          sandbox: 'strict',
        });
        const request = {
          frozen,
          workspace: subject.workspace,
          limits: DEFAULT_LIMITS,
          slot: 0,
          stdin: null,
          name: 'K7Q2M',
        };
        let events = 0;
        for await (const event of subject.sandbox.run(request, new AbortController().signal)) {
          expect(event.type).toBe('output');
          events += 1;
          if (events === 100) break;
        }
        expect(await commandLines(stamp)).toEqual([]);
      });

      it('says which limits this machine does not enforce', async () => {
        const { exit } = await shell('true');
        expect(exit.unenforced).toEqual((await subject.sandbox.check()).unenforced);
      });
    });

    it('runs in two slots at once, apart from each other', async () => {
      const line = (other: string) =>
        `echo $$ > /tmp/here; sleep 0.3; ls /tmp; pgrep -f ${other} >/dev/null && echo seen; echo end`;
      const [one, two] = await Promise.all([
        shell(line('bbb-mark'), { slot: 0 }),
        shell(line('aaa-mark'), { slot: 1 }),
      ]);
      expect([one.stdout.includes('here\n'), two.stdout.includes('here\n')]).toEqual([true, true]);
      expect([one.exit.exitCode, two.exit.exitCode]).toEqual([0, 0]);
    });
  });
}

/** Command lines of the host's processes that contain `text`, other than this one's. */
export async function commandLines(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(`${name} ${line.replaceAll('\0', ' ')}`);
  }
  return found;
}
