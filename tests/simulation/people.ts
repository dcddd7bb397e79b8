// Who acts in a history, what they ask for, and what the rules may say of it.
import { type FrozenAction, freezeAction, sha256Hex } from '../../src/bus/action.ts';
import { type Grant, grantKey } from '../../src/bus/grant.ts';
import type { Effect, Identity, Judgement } from '../../src/bus/messages.ts';

/** One of them asks and approves, and is known on two platforms. */
export const REQUESTERS = ['telegram:rita', 'telegram:raul', 'telegram:anna'] as const;
export const APPROVERS = [
  'telegram:anna',
  'discord:anna',
  'telegram:abel',
  'telegram:alma',
] as const;

/** Linked identities: one name is one person. */
export function personOf(identity: Identity): string {
  return identity.slice(identity.indexOf(':') + 1);
}

export const STDIN = new TextEncoder().encode('given on standard input\n');

/** Every command there is, frozen once; the last one reads standard input. */
export const ACTIONS: readonly [FrozenAction, ...FrozenAction[]] = [
  actionOf('build'),
  actionOf('deploy'),
  actionOf('drop'),
  actionOf('list'),
  actionOf('feed', sha256Hex(STDIN)),
];

function actionOf(command: string, stdinDigest: string | null = null): FrozenAction {
  return freezeAction({
    kind: 'exec',
    argv: [command, '--now'],
    cwd: '/srv/project',
    env: {},
    stdinDigest,
    sandbox: 'strict',
  });
}

export function nameOf(frozen: FrozenAction): string {
  return frozen.action.kind === 'exec' ? (frozen.action.argv[0] ?? '') : frozen.action.command;
}

/** The pattern of exactly this action. */
export function patternOf(frozen: FrozenAction): string {
  return frozen.action.kind === 'exec' ? frozen.action.argv.join(' ') : nameOf(frozen);
}

/** What a policy answers for one effect, and by which rules. */
export function judgementOf(
  effect: Effect,
  approvals: number,
  used: readonly string[] = [],
): Judgement {
  return {
    effect,
    approvals,
    understood: true,
    commands: [],
    reasons: [`the simulation says ${effect}`],
    warnings: [],
    used,
    findings: [],
    policyVersion: 'simulated',
  };
}

/**
 * What the rule of a command and these grants say of it: deny beats ask beats allow, a rule is used
 * before a grant, and `ask` as a rule is no rule at all.
 */
export function judgeSimulated(
  frozen: FrozenAction,
  rule: { readonly effect: Effect; readonly approvals: number } | undefined,
  grants: readonly Grant[],
): Judgement {
  const about = grants.filter(({ pattern }) => pattern === patternOf(frozen));
  const of = (effect: Effect) => about.filter((grant) => grant.effect === effect);
  const keys = (found: readonly Grant[]) => found.slice(0, 1).map(({ id }) => grantKey(id));
  const own = [`rule-${nameOf(frozen)}`];
  if (rule?.effect === 'deny') return judgementOf('deny', 1, own);
  if (of('deny').length > 0) return judgementOf('deny', 1, keys(of('deny')));
  if (of('ask').length > 0) {
    const approvals = Math.max(...of('ask').map((grant) => grant.approvals));
    return judgementOf('ask', approvals, keys(of('ask')));
  }
  if (rule?.effect === 'allow') return judgementOf('allow', 1, own);
  if (of('allow').length > 0) return judgementOf('allow', 1, keys(of('allow')));
  return judgementOf('ask', rule?.approvals ?? 1);
}
