// What the queue promises, on every engine alike.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActionQueue, ExpectedJob } from '../../src/queue/queue.ts';
import { ENGINES, gate, openTestQueue, Taken, type TestEngine } from './engines.ts';

const HOUR_MS = 3_600_000;
const inAnHour = (id: string): ExpectedJob => ({ id, dueAtMs: Date.now() + HOUR_MS });
const now = (id: string): ExpectedJob => ({ id, dueAtMs: null });
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `J${String(index).padStart(4, '0')}`);

for (const { title, available, start } of ENGINES) {
  describe.skipIf(!available)(`the queue on ${title}`, () => {
    let test: TestEngine;
    const open: ActionQueue[] = [];
    const openQueue = async (options: Parameters<typeof openTestQueue>[1] = {}) => {
      const queue = await openTestQueue(test.engine, options);
      open.push(queue);
      return queue;
    };
    beforeAll(async () => {
      test = await start();
    });
    afterEach(async () => {
      for (const queue of open.splice(0)) await queue.close();
    });
    afterAll(() => test?.stop());

    it('takes a job when it is due, not before', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.consume(taken.take, { concurrency: 1 });
      const dueAtMs = Date.now() + 400;
      await queue.add([{ id: 'AAAAA', dueAtMs }]);
      await taken.reach(1);
      expect(Date.now()).toBeGreaterThanOrEqual(dueAtMs - 1);
      expect(taken.ids).toEqual(['AAAAA']);
    });

    it('takes a released job at once, and once however often it is released', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([inAnHour('AAAAA'), inAnHour('BBBBB')]);
      await Promise.all([
        queue.release(['AAAAA']),
        queue.release(['AAAAA', 'AAAAA']),
        queue.release(['AAAAA']),
      ]);
      await queue.consume(taken.take, { concurrency: 4 });
      await taken.reach(1);
      await queue.release(['BBBBB']);
      await taken.reach(2);
      expect(taken.ids).toEqual(['AAAAA', 'BBBBB']);
    });

    it('releases what is not there by adding it', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.consume(taken.take, { concurrency: 1 });
      await queue.release(['AAAAA']);
      await taken.reach(1);
      expect(taken.ids).toEqual(['AAAAA']);
    });

    it('carries ids that are all digits', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([inAnHour('12345'), now('00000')]);
      await queue.release(['12345']);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(2);
      expect(taken.ids.sort()).toEqual(['00000', '12345']);
    });

    it('leaves a job as it is when it is added again', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([inAnHour('AAAAA')]);
      await queue.add([now('AAAAA')]);
      await queue.add([now('AAAAA'), now('BBBBB')]);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      await queue.add([now('CCCCC')]);
      await taken.reach(2);
      expect(taken.ids).toEqual(['BBBBB', 'CCCCC']);
    });

    it('may use an id again once its job was taken', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const consumer = await queue.consume(taken.take, { concurrency: 1 });
      await queue.add([now('AAAAA')]);
      await taken.reach(1);
      await consumer.close();
      await queue.add([now('AAAAA')]);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(2);
      expect(taken.ids).toEqual(['AAAAA', 'AAAAA']);
    });

    it('removes jobs that nobody took, and minds none that are not there', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([inAnHour('AAAAA'), now('BBBBB'), now('CCCCC')]);
      await queue.remove(['AAAAA', 'BBBBB', 'ZZZZZ']);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      expect(taken.ids).toEqual(['CCCCC']);
      expect(await queue.reconcile([])).toBe(0);
    });

    it('holds ids and nothing else, not even the text of an error', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const lines: string[] = [];
      const second = await openQueue({ log: (line) => lines.push(line) });
      await second.consume(
        async (id) => {
          await taken.take(id);
          throw new Error('hunter2');
        },
        { concurrency: 1 },
      );
      await queue.add([inAnHour('AAAAA')]);
      await second.add([now('BBBBB'), now('CCCCC')]);
      await taken.reach(2);
      await second.close();
      const held = await test.dump();
      expect(held).toContain('a-AAAAA');
      expect(held).not.toContain('hunter2');
      expect(lines).toEqual(['taking BBBBB failed: hunter2', 'taking CCCCC failed: hunter2']);
    });

    it('puts back everything after the engine lost everything', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.consume(taken.take, { concurrency: 1 });
      const expected = [inAnHour('AAAAA'), inAnHour('BBBBB')];
      await queue.add(expected);
      await test.wipe();
      expect(await queue.reconcile([...expected, now('CCCCC')])).toBe(3);
      await taken.reach(1);
      expect(await queue.reconcile(expected)).toBe(0);
      await queue.release(['BBBBB']);
      await taken.reach(2);
      expect(taken.ids).toEqual(['CCCCC', 'BBBBB']);
    });

    it('makes due what the store calls approved, and counts only what it mended', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([inAnHour('AAAAA'), inAnHour('BBBBB')]);
      expect(await queue.reconcile([now('AAAAA'), inAnHour('BBBBB')])).toBe(1);
      expect(await queue.reconcile([now('AAAAA'), inAnHour('BBBBB')])).toBe(0);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      expect(taken.ids).toEqual(['AAAAA']);
    });

    it('rebuilds to exactly what it is given, while consumers run', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      await queue.add([...many(50).map(inAnHour), inAnHour('STALE')]);
      await queue.consume(taken.take, { concurrency: 2 });
      await queue.rebuild([inAnHour('AAAAA'), now('BBBBB')]);
      await taken.reach(1);
      expect(taken.ids).toEqual(['BBBBB']);
      expect(await queue.reconcile([inAnHour('AAAAA')])).toBe(0);
      expect(await queue.reconcile([inAnHour('AAAAA'), inAnHour('STALE')])).toBe(1);
    });

    it('goes on after a rebuild under a job that is in hand', async () => {
      const lines: string[] = [];
      const queue = await openQueue({ log: (line) => lines.push(line) });
      const taken = new Taken();
      const held = gate();
      await queue.consume(
        async (id) => {
          await taken.take(id);
          if (id === 'AAAAA') await held.wait;
        },
        { concurrency: 2 },
      );
      await queue.add([now('AAAAA')]);
      await taken.reach(1);
      await queue.rebuild([now('BBBBB')]);
      held.open();
      await taken.reach(2);
      await queue.add([now('CCCCC')]);
      await taken.reach(3);
      expect(taken.ids).toEqual(['AAAAA', 'BBBBB', 'CCCCC']);
      expect(lines).toEqual([]);
    });

    it('goes on after a rebuild that died halfway', async () => {
      const queue = await openQueue({ name: 'half' });
      const taken = new Taken();
      await queue.add([now('AAAAA')]);
      await test.pause('half');
      expect(await queue.reconcile([now('AAAAA')])).toBe(0);
      await queue.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      expect(taken.ids).toEqual(['AAAAA']);
    });

    it('takes 1,000 jobs, none lost and none twice', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const ids = many(1000);
      await queue.consume(taken.take, { concurrency: 8 });
      await queue.consume(taken.take, { concurrency: 8 });
      await Promise.all(ids.map((id) => queue.add([inAnHour(id)])));
      await Promise.all(ids.map((id) => queue.release([id])));
      await taken.reach(1000);
      expect([...taken.ids].sort()).toEqual(ids);
      expect(await queue.reconcile([])).toBe(0);
    });

    it('does not lose a release that comes while the job is in hand', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const held = gate();
      await queue.consume(
        async (id) => {
          await taken.take(id);
          await held.wait;
        },
        { concurrency: 1 },
      );
      await queue.add([now('AAAAA')]);
      await taken.reach(1);
      await queue.release(['AAAAA']);
      held.open();
      await taken.reach(2);
      expect(taken.ids).toEqual(['AAAAA', 'AAAAA']);
    });

    it('does not lose a release while another process has the job in hand', async () => {
      const queue = await openQueue({ name: 'two' });
      const other = await openQueue({ name: 'two' });
      const taken = new Taken();
      const held = gate();
      await other.consume(
        async (id) => {
          await taken.take(id);
          await held.wait;
        },
        { concurrency: 1 },
      );
      await queue.add([now('AAAAA')]);
      await taken.reach(1);
      await queue.release(['AAAAA']);
      held.open();
      await taken.reach(2);
      expect(taken.ids).toEqual(['AAAAA', 'AAAAA']);
    });

    it('leaves a job in hand alone when it reconciles', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const held = gate();
      await queue.consume(
        async (id) => {
          await taken.take(id);
          await held.wait;
        },
        { concurrency: 1 },
      );
      await queue.add([now('AAAAA')]);
      await taken.reach(1);
      expect(await queue.reconcile([now('AAAAA')])).toBe(0);
      held.open();
      await queue.close();
      expect(taken.ids).toEqual(['AAAAA']);
    });

    it('keeps deployments apart that share an engine', async () => {
      const first = await openQueue();
      const second = await openQueue();
      const taken = new Taken();
      await first.add([now('AAAAA')]);
      await second.rebuild([now('BBBBB')]);
      await second.consume(taken.take, { concurrency: 1 });
      await taken.reach(1);
      expect(await first.reconcile([now('AAAAA')])).toBe(0);
      expect(taken.ids).toEqual(['BBBBB']);
    });

    it('waits on closing for what is in hand, and takes no more', async () => {
      const queue = await openQueue();
      const taken = new Taken();
      const held = gate();
      const events: string[] = [];
      await queue.consume(
        async (id) => {
          await taken.take(id);
          await held.wait;
          events.push('done');
        },
        { concurrency: 1 },
      );
      await queue.add([now('AAAAA'), now('BBBBB')]);
      await taken.reach(1);
      const closed = queue.close().then(() => events.push('closed'));
      held.open();
      await closed;
      expect(events).toEqual(['done', 'closed']);
      expect(taken.ids).toHaveLength(1);
    });

    it('is healthy', async () => {
      const queue = await openQueue();
      const { ok, detail } = await queue.health();
      expect({ ok, detail }).toEqual({ ok: true, detail: expect.stringContaining('queue on') });
    });
  });
}
