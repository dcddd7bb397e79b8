// The bubblewrap backend, by the shared contract: as this user, and as an ordinary one when this is
// root (bubblewrap-as-user.test.ts).
import { chmod, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSandbox } from '../contract/sandbox.ts';
import { needBubblewrap, openForTest } from './sandbox-services.ts';

needBubblewrap(() => {
  describeSandbox('bubblewrap', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-sandbox-')));
    const workspace = join(folder, 'workspace');
    const { sandbox } = await openForTest(folder);
    const { uid, gid } = await stat(workspace);
    await chmod(workspace, 0o700);
    return {
      sandbox,
      workspace,
      owner: { uid, gid },
      close: async () => await rm(folder, { recursive: true, force: true }),
    };
  });
});
