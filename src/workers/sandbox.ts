// The sandbox port: where a released action runs. tests/contract/sandbox.ts holds every backend
// to it. A backend that cannot confine an action refuses; it never runs it with less.
import type { FrozenAction } from '../bus/action.ts';

/** Limits of one run. Sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly openFiles: number;
  readonly stackBytes: number;
  readonly cpus: number;
  readonly wallMs: number;
  /** How much output is kept in all, head and tail together. */
  readonly outputBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  processes: 128,
  memoryBytes: 1024 ** 3,
  openFiles: 2048,
  stackBytes: 8 * 1024 ** 2,
  cpus: 1,
  wallMs: 300_000,
  outputBytes: 1024 ** 2,
};

export interface SandboxRequest {
  readonly frozen: FrozenAction;
  /** The directory that the action may see; its cwd lies in it. */
  readonly workspace: string;
  readonly limits: Limits;
  /** Which of the worker's places this run has: 0, 1, ... never two runs in one place. */
  readonly slot: number;
  readonly stdin: Uint8Array | null;
  /** Names the run for cgroups and the like: the approval's id. */
  readonly name: string;
}

export type SandboxEvent =
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  /** The last event of every run that started. */
  | {
      readonly type: 'exit';
      /** As a shell reports it: 128 + n when signal n ended it. */
      readonly exitCode: number;
      readonly ended: 'exited' | 'signalled' | 'timeout' | 'cancelled' | 'out-of-memory';
      readonly signal: string | null;
      readonly durationMs: number;
      /** Limits that this machine cannot enforce, in words. */
      readonly unenforced: readonly string[];
    };

export interface SandboxCheck {
  readonly ok: boolean;
  /** What was found, or why nothing can run and what to do about it. */
  readonly detail: string;
  readonly unenforced: readonly string[];
}

export interface Sandbox {
  readonly name: string;
  /** Whether actions can run here, tried for real. */
  check(): Promise<SandboxCheck>;
  /**
   * Runs one action. Throws SandboxRefused before anything ran; afterwards every failure is an
   * `exit`. Aborting the signal ends the whole process group: TERM, then KILL after a grace.
   */
  run(request: SandboxRequest, signal: AbortSignal): AsyncIterable<SandboxEvent>;
}

/** The action was not started, and why. */
export class SandboxRefused extends Error {
  override readonly name = 'SandboxRefused';
}
