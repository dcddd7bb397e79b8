// A process that opens the data folder named on its command line and writes until it is killed,
// printing each number once its commit was acknowledged.
import { openStore } from '../../src/store/open.ts';
import { settings } from '../../src/store/schema.ts';

const dataDir = process.argv[2] ?? '';
const store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
for (let number = 0; ; number += 1) {
  await store.db.insert(settings).values({ key: `w-${number}`, value: number });
  process.stdout.write(`${number}\n`);
}
