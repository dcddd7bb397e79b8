// Approvals and machine rules as tests need them: small, whole, and different only where it
// matters.
import { freezeAction } from '../../src/bus/action.ts';
import type { Approval, ApprovalState, Decision, Outcome } from '../../src/bus/approval.ts';
import type { MachineRules } from '../../src/interlock/machine.ts';

export const T0 = 1_700_000_000_000;
export const REQUESTER = 'telegram:rita';
export const ANNA = 'telegram:anna';
export const ABEL = 'telegram:abel';
export const WORKER = 'worker-1';

/** Two identities are one person when their names are the same. */
export const RULES: MachineRules = {
  claimWithinMs: 600_000,
  leaseMs: 30_000,
  selfApproval: false,
  samePerson: (one, other) => one.split(':')[1] === other.split(':')[1],
};

export const FROZEN = freezeAction({
  kind: 'exec',
  argv: ['uname', '-a'],
  cwd: '/srv/project',
  env: {},
  stdinDigest: null,
  sandbox: 'strict',
});

export const OUTCOME: Outcome = {
  exitCode: 0,
  detail: 'exit code 0',
  durationMs: 12,
  omittedBytes: 0,
  unenforced: [],
};

export const PENDING: Approval = {
  id: 'A0001',
  frozen: FROZEN,
  requester: REQUESTER,
  requestReason: null,
  origin: null,
  idempotencyKey: null,
  judgement: {
    effect: 'ask',
    approvals: 1,
    understood: true,
    commands: [],
    reasons: ['no rule allows it'],
    warnings: [],
    used: [],
    findings: [],
    policyVersion: 'v1',
  },
  state: 'pending',
  version: 1,
  createdAt: T0,
  expiresAt: T0 + 1_800_000,
  votesNeeded: 1,
  votes: [],
  decision: null,
  worker: null,
  startedAt: null,
  leaseUntil: null,
  finishedAt: null,
  outcome: null,
};

export function decisionOf(kind: Decision['kind'], actor: string, atMs: number): Decision {
  return { kind, actor, atMs, reason: null, via: null };
}

/** One plausible approval in each state, as the machine would have left it at T0 + 1000. */
export function inState(state: ApprovalState): Approval {
  const at = T0 + 1000;
  const approved: Approval = {
    ...PENDING,
    state: 'approved',
    version: 2,
    expiresAt: at + RULES.claimWithinMs,
    votes: [{ actor: ANNA, atMs: at }],
    decision: decisionOf('approved', ANNA, at),
  };
  const running: Approval = {
    ...approved,
    state: 'running',
    version: 3,
    worker: WORKER,
    startedAt: at,
    leaseUntil: at + RULES.leaseMs,
  };
  const ended = { ...running, state, version: 4, leaseUntil: null, finishedAt: at };
  switch (state) {
    case 'pending':
      return PENDING;
    case 'approved':
      return approved;
    case 'running':
      return running;
    case 'succeeded':
      return { ...ended, outcome: OUTCOME };
    case 'failed':
      return { ...ended, outcome: { ...OUTCOME, exitCode: 7 } };
    case 'unknown':
      return { ...ended, outcome: { ...OUTCOME, exitCode: null } };
    case 'rejected':
    case 'cancelled':
    case 'expired':
    case 'denied': {
      const decision = decisionOf(state, state === 'cancelled' ? REQUESTER : ABEL, at);
      return { ...PENDING, state, version: 2, decision, finishedAt: at };
    }
    case 'revoked': {
      const decision = decisionOf('revoked', ABEL, at);
      return { ...approved, state, version: 3, decision, finishedAt: at };
    }
  }
}
