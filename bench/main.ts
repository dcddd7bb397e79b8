// `npm run bench [-- name ...]`: runs the benchmarks and prints their ratios. Absolute figures
// depend on the machine; the ratios are measured against a rival in the same run.

import { guard } from './guard.ts';
import { latency } from './latency.ts';
import { policies } from './policies.ts';
import { startup } from './startup.ts';
import { throughput } from './throughput.ts';

const benches: Record<string, () => Promise<void>> = {
  guard,
  policies,
  throughput,
  latency,
  startup,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  await run();
}
process.exit(0);
