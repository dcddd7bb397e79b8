// Hundreds of decisions on one approval at the same moment, from several processes: one of them
// decides, and all others are told which one and when (I2). On both kinds of store and queue.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireService, startPostgres, startRedis } from '../services.ts';
import { environment, type Plane, startPlane } from './program.ts';
import { endAll, Spawned } from './spawned.ts';

const PROCESSES = 4;
const DECISIONS = 500;

interface Answer {
  readonly decision: 'approve' | 'reject';
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON from outside.
  readonly body: any;
}

const bubblewrap = requireService('bubblewrap');
const redisServer = requireService('redis');
const postgresServer = requireService('postgres');

async function race(plane: Plane, id: string): Promise<Answer[]> {
  const calls = Array.from({ length: DECISIONS / PROCESSES }, (_, at) => ({
    token: at % 3 === 0 ? plane.tokens.bob : plane.tokens.alice,
    decision: at % 2 === 0 ? 'approve' : 'reject',
  }));
  const order = { url: plane.url, path: `/v1/approvals/${id}/decision`, calls };
  const deciders = Array.from({ length: PROCESSES }, () => {
    const script = join(import.meta.dirname, 'decider.ts');
    return new Spawned(process.execPath, ['--import', 'tsx', script, JSON.stringify(order)], {
      env: environment(plane.folder),
      cwd: join(import.meta.dirname, '..', '..'),
      input: 'open',
    });
  });
  await Promise.all(deciders.map((decider) => decider.until(/ready/)));
  for (const decider of deciders) decider.type('go');
  const ended = await Promise.all(deciders.map((decider) => decider.ended()));
  return ended.flatMap(({ stdout }) => JSON.parse(stdout.replace('ready\n', '')) as Answer[]);
}

function oneWinner(open: () => Promise<Plane>) {
  let plane: Plane;
  beforeAll(async () => {
    plane = await open();
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  it(`of ${DECISIONS} from ${PROCESSES} processes one wins, and all others are told so`, async () => {
    const { id } = await plane.submit(['sh', '-c', 'echo ran >> count']);
    const answers = await race(plane, id);
    expect(answers).toHaveLength(DECISIONS);

    const [winner, ...others] = answers.filter(({ body }) => body.outcome === 'decided');
    expect(others).toEqual([]);
    if (winner === undefined) throw new Error('nobody won');
    const { kind, actor, at } = winner.body.approval.decision;
    expect(kind).toBe(winner.decision === 'approve' ? 'approved' : 'rejected');

    const minute = `${at.slice(0, 16).replace('T', ' ')} UTC`;
    for (const { decision, status, body } of answers) {
      expect(body.approval.decision).toEqual({ kind, actor, at, reason: null });
      if (body.outcome === 'decided') continue;
      const same = decision === winner.decision;
      expect(status).toBe(same ? 200 : 409);
      expect(same ? body.outcome : body.error.code).toBe(same ? 'repeated' : 'decided');
      expect(same ? body.message : body.error.message).toContain(
        `${kind} by ${actor} at ${minute}`,
      );
    }

    const entries = await plane.api('GET', `/v1/audit?approval=${id}&limit=1000`);
    const decided = entries.body.entries.filter(({ type }: { type: string }) =>
      ['approval.approved', 'approval.rejected', 'approval.voted'].includes(type),
    );
    expect(decided).toHaveLength(1);
    const { state } = await plane.outcome(id);
    expect(state).toBe(kind === 'approved' ? 'succeeded' : 'rejected');
    expect(await plane.fileText('count')).toBe(kind === 'approved' ? 'ran\n' : '');
  });
}

describe.skipIf(!bubblewrap.available)(`on the embedded store${bubblewrap.note}`, () => {
  oneWinner(() => startPlane());
});

const servers = [bubblewrap, postgresServer, redisServer];
const note = servers.map((service) => service.note).join('');

describe.skipIf(servers.some(({ available }) => !available))(
  `on PostgreSQL and Redis${note}`,
  () => {
    const services: { stop(): Promise<void> }[] = [];
    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
    });
    oneWinner(async () => {
      const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
      services.push(postgres, redis);
      return startPlane({
        config: { store: { url: { env: 'CS_STORE' } }, queue: { url: redis.url } },
        env: { CS_STORE: postgres.url },
      });
    });
  },
);
