// What a run's end is called: from the sandbox's last event, or from why there is none, to the
// outcome that goes on record and the one line that people read. Pure.
import type { Outcome } from '../bus/approval.ts';
import { type Limits, type SandboxEvent, SandboxRefused } from './sandbox.ts';

/** As a shell answers for what it could not start. */
const NOT_STARTED = 126;

/** `stoppedBecause` names who cancelled it, where this worker did. */
export function outcomeOfExit(
  exit: Extract<SandboxEvent, { type: 'exit' }>,
  limits: Limits,
  stoppedBecause: string | null,
): Outcome {
  const { exitCode, durationMs, unenforced } = exit;
  const detail = detailOf(exit, limits, stoppedBecause);
  return { exitCode, detail, durationMs, omittedBytes: 0, unenforced };
}

function detailOf(
  exit: Extract<SandboxEvent, { type: 'exit' }>,
  limits: Limits,
  stoppedBecause: string | null,
): string {
  switch (exit.ended) {
    case 'exited':
      return `exit code ${exit.exitCode}`;
    case 'signalled':
      return `ended by ${exit.signal ?? 'a signal'} (exit code ${exit.exitCode})`;
    case 'timeout':
      return `stopped after ${seconds(limits.wallMs)}: the time limit`;
    case 'cancelled':
      return `stopped: ${stoppedBecause ?? 'it was cancelled'}`;
    case 'out-of-memory':
      return `killed: it needed more than ${mebibytes(limits.memoryBytes)} of memory in all`;
  }
}

/**
 * A refusal, or a failure before anything started, is a known outcome: nothing ran. A failure
 * afterwards is not: nobody knows what was done.
 */
export function outcomeOfFailure(error: unknown, started: boolean): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  const refused = error instanceof SandboxRefused;
  return {
    exitCode: refused ? NOT_STARTED : null,
    detail: refused
      ? `not run: ${message}`
      : `the worker failed ${started ? 'while it ran' : 'as it started'}: ${message}`,
    durationMs: refused ? 0 : null,
    omittedBytes: 0,
    unenforced: [],
  };
}

function seconds(durationMs: number): string {
  return `${Number((durationMs / 1000).toFixed(3))} s`;
}

function mebibytes(sizeBytes: number): string {
  return `${Number((sizeBytes / 1024 ** 2).toFixed(1))} MiB`;
}
