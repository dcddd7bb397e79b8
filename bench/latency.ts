// From the approver's decision to the worker's claim: how long a released action waits.
import { Runs } from '../src/interlock/runs.ts';
import { approve, type EngineName, openEngine, openInterlock, submission } from './engines.ts';
import { percentile } from './statistics.ts';

const ACTIONS = 300;

export async function latency(): Promise<void> {
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
