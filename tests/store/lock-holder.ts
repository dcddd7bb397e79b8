// A process that locks the folder named on its command line, says how that went, and stays.
import { lockFolder } from '../../src/store/lock.ts';

try {
  await lockFolder(process.argv[2] ?? '');
  process.stdout.write('locked\n');
} catch (error) {
  process.stdout.write(`refused: ${error instanceof Error ? error.message : error}\n`);
}
process.stdin.resume().on('end', () => process.exit());
