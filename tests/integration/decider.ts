// One of several processes that decide the same approval at the same moment. Its one argument is
// JSON: { url, path, calls: [{ token, decision }] }. Says "ready", waits for a line, sends all of
// them at once, prints the answers as one line of JSON and ends.
import { once } from 'node:events';

interface Order {
  readonly url: string;
  readonly path: string;
  readonly calls: readonly { readonly token: string; readonly decision: string }[];
}

const { url, path, calls } = JSON.parse(process.argv[2] ?? '') as Order;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const answers = await Promise.all(
  calls.map(async ({ token, decision }) => {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ decision }),
    });
    return { decision, status: answer.status, body: await answer.json() };
  }),
);
process.stdout.write(`${JSON.stringify(answers)}\n`);
process.exit(0);
