// What the end of a launch means: did the action run at all, and how did it end. Pure.
import { constants } from 'node:os';
import { LAUNCH_FAILED, MAP_REFUSED } from './launch.ts';

/** How a run was stopped from outside, if it was. */
export type Stopped = 'timeout' | 'cancelled' | 'out-of-memory' | null;

export interface LaunchEnd {
  /** The action's exit code as bwrap reported it; null when it never did. */
  readonly reported: number | null;
  /** What became of the launched process itself. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stopped: Stopped;
  /** The beginning of standard error: the launcher's own words, if the action never had it. */
  readonly held: string;
}

export type Verdict =
  | { readonly kind: 'refused'; readonly said: string }
  | {
      readonly kind: 'ended';
      readonly exitCode: number;
      readonly ended: 'exited' | 'signalled' | 'timeout' | 'cancelled' | 'out-of-memory';
      readonly signal: string | null;
      /** In place of what was held, for an action whose program could not be started. */
      readonly message: string | null;
    };

const KILLED = 128 + constants.signals.SIGKILL;
const TERMINATED = 128 + constants.signals.SIGTERM;

/** Lines that the steps of the launch write on standard error before the action has it. */
export const LAUNCHER_PREFIXES = [
  'bwrap: ',
  'setpriv: ',
  'unshare: ',
  LAUNCH_FAILED,
  MAP_REFUSED,
  'countersign: line ',
] as const;

export function judgeEnd(end: LaunchEnd): Verdict {
  const { reported, stopped } = end;
  if (stopped === 'out-of-memory') {
    return { kind: 'ended', exitCode: KILLED, ended: stopped, signal: 'SIGKILL', message: null };
  }
  if (stopped !== null) {
    // What is stopped has not succeeded, whatever it answers to TERM.
    const exitCode = reported === null ? KILLED : reported === 0 ? TERMINATED : reported;
    const signal = signalOf(exitCode);
    return { kind: 'ended', exitCode, ended: stopped, signal, message: null };
  }
  if (reported !== null) {
    const signal = signalOf(reported);
    const ended = signal === null ? 'exited' : 'signalled';
    return { kind: 'ended', exitCode: reported, ended, signal, message: null };
  }
  const missing = /(?:^|\n)bwrap: execvp ([\s\S]*): ([^:\n]+)\n?$/.exec(end.held);
  if (missing !== null) {
    const [, name = '', reason = ''] = missing;
    const absent = reason === 'No such file or directory';
    return {
      kind: 'ended',
      exitCode: absent ? 127 : 126,
      ended: 'exited',
      signal: null,
      message: `countersign: ${name}: ${absent ? 'command not found' : reason}\n`,
    };
  }
  if (end.signal !== null) {
    // Killed from outside: nobody can say that nothing ran.
    const number = constants.signals[end.signal as NodeJS.Signals] ?? constants.signals.SIGKILL;
    const exitCode = 128 + number;
    return { kind: 'ended', exitCode, ended: 'signalled', signal: end.signal, message: null };
  }
  return { kind: 'refused', said: end.held };
}

// bwrap reports a signal as a shell does; a program that exits with such a code by itself cannot be
// told apart.
function signalOf(exitCode: number): string | null {
  if (exitCode <= 128) return null;
  const number = exitCode - 128;
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? null;
}
