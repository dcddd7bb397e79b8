// The bubblewrap backend as an ordinary user. This file's process is its own: as root it steps
// down for good before anything is opened.
import { chmodSync, chownSync, mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSandbox } from '../contract/sandbox.ts';
import { needBubblewrap, openForTest } from './sandbox-services.ts';

/** Nobody's on any host that tests run on. */
const USER_ID = 4242;

needBubblewrap(() => {
  describeSandbox('bubblewrap as an ordinary user', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-sandbox-user-')));
    stepDown(folder);
    const owner = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
    const { sandbox } = await openForTest(folder);
    return {
      sandbox,
      workspace: join(folder, 'workspace'),
      owner,
      close: async () => await rm(folder, { recursive: true, force: true }),
    };
  });
});

function stepDown(folder: string): void {
  chmodSync(folder, 0o700);
  if (process.getuid?.() !== 0) return;
  chownSync(folder, USER_ID, USER_ID);
  process.setgroups?.([]);
  process.setgid?.(USER_ID);
  process.setuid?.(USER_ID);
}
