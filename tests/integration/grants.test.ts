// Grants in the whole program: in force from the next action on, never used more often than given,
// and after kill -9 with exactly what was left.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireService } from '../services.ts';
import { type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');
const ARGV = ['uname', '-s'];

let plane: Plane;

beforeAll(async () => {
  plane = await startPlane();
});
afterAll(async () => {
  await plane?.close();
  await endAll();
});

/** The grants that are listed: which, and what is left of each. */
async function left(): Promise<unknown> {
  const { body } = await plane.api('GET', '/v1/policies');
  return body.grants.map((grant: Record<string, unknown>) => [grant['id'], grant['uses_left']]);
}

async function submitted(count: number): Promise<readonly string[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => plane.submit(ARGV)));
  return answers.map(({ state }) => state);
}

function of(state: string, states: readonly string[]): number {
  return states.filter((one) => one === state).length;
}

it('releases what it covers as often as it says, and keeps count over kill -9', async () => {
  expect(await submitted(1)).toEqual(['pending']);
  const granted = await plane.api('POST', '/v1/policies', {
    body: { effect: 'allow', pattern: ARGV.join(' '), uses: 8 },
  });
  expect(granted).toMatchObject({ status: 200, body: { grant: { id: 'g1' } } });
  expect(await submitted(3)).toEqual(['approved', 'approved', 'approved']);
  await plane.kill('SIGKILL');
  await plane.start();
  expect(await left()).toEqual([['g1', 5]]);
  const states = await submitted(12);
  expect([of('approved', states), of('pending', states)]).toEqual([5, 7]);
  expect(await left()).toEqual([]);
});

it.skipIf(!bubblewrap.available)(
  `runs what the last use has released, though the grant is used up${bubblewrap.note}`,
  async () => {
    await plane.api('POST', '/v1/policies', {
      body: { effect: 'allow', pattern: ARGV.join(' '), uses: 1 },
    });
    const { id, state } = await plane.submit(ARGV);
    expect(state).toBe('approved');
    expect(await plane.outcome(id)).toMatchObject({ state: 'succeeded' });
  },
);

it('allows nothing any more once it is taken back', async () => {
  const body = { effect: 'allow', pattern: ARGV.join(' '), for: '1h' };
  const granted = await plane.api('POST', '/v1/policies', { body });
  expect(await submitted(1)).toEqual(['approved']);
  const { id } = granted.body.grant;
  expect((await plane.api('DELETE', `/v1/policies/${id}`)).status).toBe(200);
  expect(await submitted(1)).toEqual(['pending']);
  const { stdout, code } = await plane.command(['audit', 'verify']);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
});
