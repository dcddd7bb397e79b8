// `npm start`: sets up what is missing, then becomes `countersign start` with the same arguments.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  checkNode,
  ensureBuild,
  ensureDependencies,
  ensurePackages,
  linkCommand,
  main,
  missingPackages,
  ROOT,
} from './setup.mjs';

await main(async () => {
  checkNode();
  ensureDependencies();
  ensureBuild();
  linkCommand();
  if (process.platform === 'linux') {
    // Without it Countersign starts and says that nothing can run.
    ensurePackages(missingPackages({ bwrap: 'bubblewrap' }), 'the sandbox that actions run in');
  }
  // In this very process: signals, the terminal and the exit code are the program's own.
  const program = join(ROOT, 'bin', 'countersign.js');
  process.argv = [process.execPath, program, 'start', ...process.argv.slice(2)];
  await import(pathToFileURL(program).href);
});
