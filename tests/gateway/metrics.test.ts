// Numbers for a monitoring system: read from the store, shown to whoever has a token.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const CI = 'ci-token-of-sixteen-and-more-characters';
const CONFIG = `
approvers: [{ id: console:local, roles: [owner] }]
tokens:
  - { name: ci, role: requester, secret: { env: CI } }
`;
const POLICIES = 'rules:\n  - { allow: python3 *, dangerous: true }\n  - allow: date\n';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane({ config: CONFIG, policies: POLICIES, env: { CI } });
});
afterEach(() => plane.stop());

const headers = { authorization: `Bearer ${CI}` };

async function submit(...argv: string[]): Promise<void> {
  const body = JSON.stringify({ kind: 'exec', argv });
  const answer = await fetch(`${plane.url}/v1/actions`, { method: 'POST', headers, body });
  expect(answer.status).toBeLessThan(300);
}

async function numbers(): Promise<string[]> {
  const answer = await fetch(`${plane.url}/metrics`, { headers });
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  return (await answer.text()).split('\n').filter((line) => line.startsWith('countersign_'));
}

it('counts what waits and each use of a dangerous rule, and nothing of what was asked', async () => {
  await submit('uname', '-a');
  await submit('python3', '-c', 'print(1)');
  await submit('python3', '-c', 'print(2)');
  await submit('date');
  const found = await numbers();
  expect(found).toEqual(
    expect.arrayContaining([
      'countersign_approvals{state="pending"} 1',
      'countersign_lockdown 0',
      'countersign_policy_broken 0',
      'countersign_grants 0',
      'countersign_dangerous_rule_uses{rule="allow: python3 *"} 2',
    ]),
  );
  expect(found.join('\n')).not.toMatch(/date|uname|print/);
});

it('needs a token', async () => {
  expect((await fetch(`${plane.url}/metrics`)).status).toBe(401);
});
