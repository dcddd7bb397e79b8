// How the end of a launch is read.
import { describe, expect, it } from 'vitest';
import { judgeEnd, type LaunchEnd } from '../../src/workers/run-exit.ts';

const end: LaunchEnd = { reported: null, code: 1, signal: null, stopped: null, held: '' };

describe('the end of a launch', () => {
  it.each([
    [{ reported: 0 }, 0, 'exited', null],
    [{ reported: 7 }, 7, 'exited', null],
    [{ reported: 137 }, 137, 'signalled', 'SIGKILL'],
    [{ reported: 255 }, 255, 'exited', null],
    [{ reported: 0, stopped: 'timeout' }, 143, 'timeout', 'SIGTERM'],
    [{ reported: 3, stopped: 'cancelled' }, 3, 'cancelled', null],
    [{ reported: null, stopped: 'timeout' }, 137, 'timeout', 'SIGKILL'],
    [{ reported: 0, stopped: 'out-of-memory' }, 137, 'out-of-memory', 'SIGKILL'],
    [{ code: null, signal: 'SIGKILL' }, 137, 'signalled', 'SIGKILL'],
  ] as const)('%j: exit code %i, %s', (part, exitCode, ended, signal) => {
    expect(judgeEnd({ ...end, ...part })).toEqual({
      kind: 'ended',
      exitCode,
      ended,
      signal,
      message: null,
    });
  });

  it.each([
    [
      'bwrap: execvp frob: No such file or directory\n',
      127,
      'countersign: frob: command not found\n',
    ],
    ['bwrap: execvp ./a: b: Permission denied\n', 126, 'countersign: ./a: b: Permission denied\n'],
    [
      'bwrap: execvp two\nlines: Exec format error\n',
      126,
      'countersign: two\nlines: Exec format error\n',
    ],
  ])('a program that cannot be started, as a shell says it: %j', (held, exitCode, message) => {
    expect(judgeEnd({ ...end, held })).toEqual({
      kind: 'ended',
      exitCode,
      ended: 'exited',
      signal: null,
      message,
    });
  });

  it('a sandbox that could not be made is a refusal, with what was said', () => {
    const held = "bwrap: Can't chdir to /w/x: No such file or directory\n";
    expect(judgeEnd({ ...end, held })).toEqual({ kind: 'refused', said: held });
  });

  it('an action cannot pass for one that never ran', () => {
    const held = 'bwrap: execvp frob: No such file or directory\n';
    expect(judgeEnd({ ...end, reported: 1, code: 1, held })).toEqual({
      kind: 'ended',
      exitCode: 1,
      ended: 'exited',
      signal: null,
      message: null,
    });
  });
});
