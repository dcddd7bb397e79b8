// A process of its own with a queue, for tests that kill one or watch one end. Prints JSON lines:
// {"ready":true}, {"took":id}. Its one argument is JSON: { place | url, name, mode }.
import { type ActionQueue, openQueueFor } from './opening.ts';

const { mode, ...where } = JSON.parse(process.argv[2] ?? '{}');
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const { queue, close }: { queue: ActionQueue; close: () => Promise<void> } =
  await openQueueFor(where);

if (mode === 'hold') {
  // Takes jobs and never gives them back.
  await queue.consume(
    (id) => {
      say({ took: id });
      return new Promise(() => undefined);
    },
    { concurrency: 1 },
  );
  say({ ready: true });
}
if (mode === 'use') {
  // Uses everything once, closes, and must then end by itself.
  let done = () => {};
  const taken = new Promise<void>((resolve) => {
    done = resolve;
  });
  await queue.consume(
    async (id) => {
      say({ took: id });
      done();
    },
    { concurrency: 2 },
  );
  await queue.add([{ id: 'AAAAA', dueAtMs: Date.now() + 60_000 }]);
  await queue.release(['AAAAA']);
  await taken;
  await queue.health();
  await close();
  say({ closed: true });
}
