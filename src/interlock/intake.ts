// From what somebody asked for to a frozen action: the one place where a request of the gateway or
// of a chat becomes the bytes that are shown, judged and run.
import { z } from 'zod';
import {
  ACTION_LIMIT_BYTES,
  Action,
  freezeAction,
  SandboxProfile,
  sha256Hex,
} from '../bus/action.ts';
import type { Origin } from '../bus/approval.ts';
import type { Identity } from '../bus/messages.ts';
import type { Submission } from './interlock.ts';
import type { FindWorkspace, Workspace } from './workspaces.ts';

const STDIN_LIMIT_BYTES = 1024 * 1024;
const REASON_LIMIT_CHARS = 2_000;
const LONGEST_WAIT_S = 7 * 24 * 3600;

const asked = {
  cwd: z.string().startsWith('/').optional(),
  env: z.record(z.string(), z.string()).optional(),
  /** Bytes for standard input, base64, at most 1 MiB decoded. */
  stdin: z.base64().optional(),
  sandbox: SandboxProfile.optional(),
  /** Why it is needed, for the approver. */
  reason: z.string().max(REASON_LIMIT_CHARS).optional(),
  /** Seconds until it lapses undecided. */
  expires_in: z.number().int().min(1).max(LONGEST_WAIT_S).optional(),
};

/** What may be asked for: the body of `POST /v1/actions`. */
export const ActionRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('shell'), command: z.string(), ...asked }),
  z.strictObject({ kind: z.literal('exec'), argv: z.array(z.string()), ...asked }),
]);
export type ActionRequest = z.infer<typeof ActionRequest>;

export interface IntakeContext {
  readonly requester: Identity;
  readonly origin: Origin | null;
  readonly idempotencyKey: string | null;
}

export type Intake =
  | { readonly ok: true; readonly submission: Submission; readonly workspace: Workspace }
  | { readonly ok: false; readonly tooLarge: boolean; readonly problem: string };

export function createIntake(options: {
  readonly findWorkspace: FindWorkspace;
  readonly profile: SandboxProfile;
}): (request: ActionRequest, context: IntakeContext) => Promise<Intake> {
  return async (request, context) => {
    const stdin = request.stdin === undefined ? null : Buffer.from(request.stdin, 'base64');
    if (stdin !== null && stdin.length > STDIN_LIMIT_BYTES) {
      return refused(
        `standard input has ${stdin.length} bytes, at most ${STDIN_LIMIT_BYTES} are taken`,
        true,
      );
    }
    const workspace = await options.findWorkspace(context.requester, request.cwd ?? null);
    const frame = {
      cwd: workspace.cwd,
      env: request.env ?? {},
      stdinDigest: stdin === null ? null : sha256Hex(stdin),
      sandbox: request.sandbox ?? options.profile,
    };
    const parsed = Action.safeParse(
      request.kind === 'shell'
        ? { kind: 'shell', command: request.command, ...frame }
        : { kind: 'exec', argv: request.argv, ...frame },
    );
    if (!parsed.success) return refused(describeIssues(parsed.error), false);
    if (request.reason !== undefined && !isCleanText(request.reason)) {
      return refused('reason: holds a NUL or a lone surrogate', false);
    }
    const frozen = freezeAction(parsed.data);
    const sizeBytes = Buffer.byteLength(frozen.canonical);
    if (sizeBytes > ACTION_LIMIT_BYTES) {
      return refused(
        `the action has ${sizeBytes} bytes, at most ${ACTION_LIMIT_BYTES} are taken: put long input in a file of the workspace`,
        true,
      );
    }
    const submission: Submission = {
      frozen,
      stdin,
      requester: context.requester,
      reason: request.reason ?? null,
      origin: context.origin,
      idempotencyKey: context.idempotencyKey,
      expireAfterMs: request.expires_in === undefined ? null : request.expires_in * 1000,
    };
    return { ok: true, submission, workspace };
  };
}

function refused(problem: string, tooLarge: boolean): Intake {
  return { ok: false, tooLarge, problem };
}

function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Every fault of a request in one line: `argv.0: holds a NUL character ...; cwd: ...`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
