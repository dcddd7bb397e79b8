// Who acts in a history, what they ask for, and what the rules may say of it.
import { type FrozenAction, freezeAction, sha256Hex } from '../../src/bus/action.ts';
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
export const ACTIONS: readonly FrozenAction[] = ['build', 'deploy', 'drop', 'list', 'feed'].map(
  (command) =>
    freezeAction({
      kind: 'exec',
      argv: [command, '--now'],
      cwd: '/srv/project',
      env: {},
      stdinDigest: command === 'feed' ? sha256Hex(STDIN) : null,
      sandbox: 'strict',
    }),
);

export function nameOf(frozen: FrozenAction): string {
  return frozen.action.kind === 'exec' ? (frozen.action.argv[0] ?? '') : frozen.action.command;
}

/** What a policy answers for one effect. */
export function judgementOf(effect: Effect, approvals: number): Judgement {
  return {
    effect,
    approvals,
    understood: true,
    commands: [],
    reasons: [`the simulation says ${effect}`],
    warnings: [],
    used: [],
    policyVersion: 'simulated',
  };
}
