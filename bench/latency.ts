// From the approver's decision to the worker's claim: how long a released action waits.
import { Runs } from '../src/interlock/runs.ts';
import { startControlPlane } from '../tests/control-plane.ts';
import { approve, type EngineName, openEngine, openInterlock, submission } from './engines.ts';
import { percentile } from './statistics.ts';

const ACTIONS = 300;
const RUNS = 50;

export async function latency(): Promise<void> {
  await toFirstOutput();
  for (const name of ['pglite', 'redis', 'redis + postgres'] satisfies EngineName[]) {
    const engine = await openEngine(name);
    const queue = await engine.openQueue('latency');
    const interlock = openInterlock(engine, queue);
    const runs = new Runs(interlock);
    const started = new Map<string, () => void>();
    const consumer = await queue.consume(
      async (id) => {
        if ((await runs.claim(id, 'bench')).claimed) started.get(id)?.();
      },
      { concurrency: 4 },
    );
    const measured: number[] = [];
    for (let index = 0; index < ACTIONS; index += 1) {
      const { approval } = await interlock.submit(submission(index));
      await interlock.jobs.settled();
      const claimed = new Promise<void>((resolve) => started.set(approval.id, resolve));
      const began = performance.now();
      await approve(interlock, approval);
      await claimed;
      measured.push(performance.now() - began);
    }
    await consumer.close();
    await queue.close();
    await engine.close();
    console.log(
      `  ${name.padEnd(16)} decision to claim: p50 ${percentile(measured, 0.5).toFixed(1)} ms, ` +
        `p99 ${percentile(measured, 0.99).toFixed(1)} ms over ${ACTIONS}`,
    );
  }
}

/** From the approver's HTTP call to the first byte that the command prints, sandbox included. */
async function toFirstOutput(): Promise<void> {
  const [ASKER, DECIDER] = ['asker-token-of-this-bench', 'decider-token-of-this-bench'];
  const plane = await startControlPlane({
    withWorkers: true,
    env: { ASKER, DECIDER },
    config: `approvers: []
tokens:
  - { name: asker, role: requester, secret: { env: ASKER } }
  - { name: decider, role: approver, secret: { env: DECIDER } }
`,
  });
  const call = (method: string, path: string, token: string, body?: unknown) =>
    fetch(`${plane.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const measured: number[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    const submitted = await call('POST', '/v1/actions', ASKER, {
      kind: 'exec',
      argv: ['echo', String(index)],
    });
    const { id } = (await submitted.json()) as { id: string };
    const events = await call('GET', `/v1/actions/${id}/events`, ASKER);
    const began = performance.now();
    const decided = call('POST', `/v1/approvals/${id}/decision`, DECIDER, { decision: 'approve' });
    for await (const chunk of events.body ?? []) {
      if (!Buffer.from(chunk).includes('"type":"output"')) continue;
      measured.push(performance.now() - began);
      break;
    }
    await decided;
    await (await call('GET', `/v1/actions/${id}?wait=10`, ASKER)).body?.cancel();
  }
  await plane.stop();
  console.log(
    `  embedded         decision to first output of echo in bubblewrap: ` +
      `p50 ${percentile(measured, 0.5).toFixed(1)} ms, p99 ${percentile(measured, 0.99).toFixed(1)} ms over ${RUNS}`,
  );
}
