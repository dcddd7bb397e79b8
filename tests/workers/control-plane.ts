// A process of its own that runs one shell line in bubblewrap, for tests that kill it: prints what
// the line prints. Arguments: folder, line.

import { join } from 'node:path';
import { freezeAction } from '../../src/bus/action.ts';
import { DEFAULT_LIMITS } from '../../src/workers/sandbox.ts';
import { openForTest } from './sandbox-services.ts';

const [folder = '', command = ''] = process.argv.slice(2);
const { sandbox } = await openForTest(folder);
const workspace = join(folder, 'workspace');
const frozen = freezeAction({
  kind: 'shell',
  command,
  cwd: workspace,
  env: {},
  stdinDigest: null,
  sandbox: 'moderate',
});
const request = { frozen, workspace, limits: DEFAULT_LIMITS, slot: 0, stdin: null, name: 'K7Q2M' };
for await (const event of sandbox.run(request, new AbortController().signal)) {
  if (event.type === 'output') process.stdout.write(event.bytes);
}
