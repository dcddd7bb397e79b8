// What the gateway's routes work with.
import type { AuditRecord } from '../audit/read.ts';
import type { Clock } from '../bus/clock.ts';
import type { People } from '../bus/people.ts';
import type { ToldOutput } from '../guard/told-output.ts';
import type { createIntake } from '../interlock/intake.ts';
import type { Interlock } from '../interlock/interlock.ts';
import type { PolicyEdits } from '../interlock/policy-edits.ts';
import type { Runs } from '../interlock/runs.ts';
import type { PolicyBook } from '../policies/book.ts';
import type { Principal } from './authentication.ts';

export interface GatewayPorts {
  readonly interlock: Interlock;
  readonly runs: Runs;
  readonly intake: ReturnType<typeof createIntake>;
  readonly book: PolicyBook;
  readonly edits: PolicyEdits;
  readonly people: People;
  readonly clock: Clock;
  readonly record: AuditRecord;
  /** What keeps us from working, in words; empty when everything does. */
  readonly notReady: () => Promise<readonly string[]>;
  /** Lines about every part, for people. */
  readonly status: () => Promise<readonly string[]>;
  /** An output as it is told to agents: scrubbed, with remarks on what speaks to its reader. */
  readonly toldOutput: (raw: string) => ToldOutput;
  /** Numbers for a monitoring system. */
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
}

/** Set on each request of the API by the authentication. */
export interface Variables {
  principal: Principal;
}
