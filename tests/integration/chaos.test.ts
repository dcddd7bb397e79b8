// Several clients that submit and approve without pause while the control plane is killed again and
// again: what was acknowledged ends, nothing runs twice, nothing is there twice (I1, I8).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireService, startPostgres, startRedis } from '../services.ts';
import { type Answer, type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const ACTIONS = 48;
const CLIENTS = 6;
/** It is killed when so many approvals were acknowledged. */
const KILLS = [8, 17, 29, 41];
const MOST_ATTEMPTS = 100;

const bubblewrap = requireService('bubblewrap');
const redisServer = requireService('redis');
const postgresServer = requireService('postgres');

function killedAgainAndAgain(open: () => Promise<Plane>) {
  let plane: Plane;
  let up: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    plane = await open();
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  async function crash(): Promise<void> {
    await plane.kill('SIGKILL');
    await plane.start();
  }

  /** Asks until it is answered, as a client does that knows its request may be repeated. */
  async function insist(ask: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await ask();
        if (answer.status < 500) return answer;
      } catch (error) {
        if (attempt === MOST_ATTEMPTS) throw error;
      }
      await up;
    }
  }

  async function submitAndApprove(nth: number): Promise<string> {
    const submitted = await insist(() =>
      plane.api('POST', '/v1/actions', {
        token: plane.tokens.agent,
        headers: { 'idempotency-key': `action-${nth}` },
        body: {
          kind: 'exec',
          argv: ['sh', '-c', `echo ran >> ran-${nth}`],
          cwd: plane.workspace,
        },
      }),
    );
    const { id } = submitted.body;
    const decided = await insist(() => plane.decide(id, 'approve'));
    expect(decided.status).toBe(200);
    return id;
  }

  it('every acknowledged action ends, and none has run twice', async () => {
    const ids = new Map<number, string>();
    let next = 0;
    const client = async () => {
      while (next < ACTIONS) {
        const nth = next;
        next += 1;
        ids.set(nth, await submitAndApprove(nth));
        if (KILLS.includes(ids.size)) up = up.then(crash);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await up;

    const ends = await Promise.all(
      [...ids].map(async ([nth, id]) => {
        const { state } = await plane.outcome(id);
        return { state, file: await plane.fileText(`ran-${nth}`) };
      }),
    );
    // Whatever ran when it was killed is unknown: it has written its line or not, never two.
    const wrong = ends.filter(({ state, file }) =>
      state === 'succeeded' ? file !== 'ran\n' : state !== 'unknown' || file === 'ran\nran\n',
    );
    expect(wrong).toEqual([]);
    expect(ends.filter(({ state }) => state === 'succeeded').length).toBeGreaterThan(ACTIONS / 2);
    const { stdout } = await plane.command(['history', '--limit', '500', '--json']);
    const kept = JSON.parse(stdout).approvals.map(({ id }: { id: string }) => id);
    expect(kept.sort()).toEqual([...ids.values()].sort());
    expect((await plane.command(['audit', 'verify'])).code).toBe(0);
  });
}

describe.skipIf(!bubblewrap.available)(`killed again and again, embedded${bubblewrap.note}`, () => {
  killedAgainAndAgain(() => startPlane());
});

const servers = [bubblewrap, postgresServer, redisServer];
const note = servers.map((service) => service.note).join('');

describe.skipIf(servers.some(({ available }) => !available))(
  `killed again and again, PostgreSQL and Redis${note}`,
  () => {
    const services: { stop(): Promise<void> }[] = [];
    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
    });
    killedAgainAndAgain(async () => {
      const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
      services.push(postgres, redis);
      return startPlane({
        config: { store: { url: { env: 'CS_STORE' } }, queue: { url: redis.url } },
        env: { CS_STORE: postgres.url },
      });
    });
  },
);
