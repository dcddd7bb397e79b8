// Sees that dist/ is built from the sources as they are. Test files run side by side: one of them
// builds, the others wait for it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** The program, as a person starts it. */
export const PROGRAM = join(ROOT, 'bin', 'countersign.js');

/** Builds where dist/ is missing or was built from other sources. */
export async function ensureProgram(): Promise<void> {
  const lock = await turn();
  try {
    const code = "import { ensureBuild } from './scripts/setup.mjs'; ensureBuild();";
    const built = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`the program cannot be built:\n${built.stderr}`);
  } finally {
    lock.close();
  }
}

// A name in the kernel's abstract space: bound by one process, free again however that one ends.
async function turn(): Promise<Server> {
  const name = `\0countersign-build-${createHash('sha256').update(ROOT).digest('hex')}`;
  for (;;) {
    const server = createServer();
    server.listen(name);
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    const waiting = createConnection(name).resume();
    // Refused when the holder has just gone, closed when it goes.
    await once(waiting, 'close').catch(() => undefined);
  }
}
