// What an action reads and writes: named pipes of the slot for its output, an unlinked file for
// its input. Node's own pipes are sockets, and nothing can open /dev/stderr on a socket; pipes
// that belong to the run's own user can be. One run at a time uses a slot's channels.
import { execFile } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync } from 'node:fs';
import { chown, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The ends of one run's channels, as descriptors. */
export interface Channels {
  /** For the child: standard input (null = /dev/null), output and error. */
  readonly stdin: number | null;
  readonly stdout: number;
  readonly stderr: number;
  /** Starts reading and closes what the child has by now; without that reading never ends. */
  read(): { stdout: Socket; stderr: Socket };
  /** Closes everything that `read` has not taken over. */
  abandon(): void;
}

/** Opens the channels of a slot for a run of this user. */
export async function openChannels(options: {
  readonly directory: string;
  readonly mkfifo: string;
  readonly uid: number;
  readonly gid: number;
  readonly stdin: Uint8Array | null;
}): Promise<Channels> {
  const { directory, uid, gid } = options;
  const outPath = join(directory, 'stdout');
  const errorPath = join(directory, 'stderr');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const path of [outPath, errorPath]) {
    const there = await lstat(path).catch(() => null);
    if (there?.isFIFO() === true) continue;
    await rm(path, { force: true, recursive: true });
    await promisify(execFile)(options.mkfifo, ['-m', '0600', '--', path]);
  }
  const open = new Set<number>();
  const keep = (path: string, flags: number): number => {
    const descriptor = openSync(path, flags);
    open.add(descriptor);
    return descriptor;
  };
  const close = (descriptors: Iterable<number>) => {
    for (const descriptor of [...descriptors]) {
      open.delete(descriptor);
      closeSync(descriptor);
    }
  };
  try {
    let stdin: number | null = null;
    if (options.stdin !== null) {
      const path = join(directory, 'stdin');
      await rm(path, { force: true });
      await writeFile(path, options.stdin, { mode: 0o600, flag: 'wx' });
      await chown(path, uid, gid);
      stdin = keep(path, constants.O_RDONLY);
      await rm(path);
    }
    // A reader first: opening the other end would wait for one.
    const readers = [outPath, errorPath].map((path) =>
      keep(path, constants.O_RDONLY | constants.O_NONBLOCK),
    );
    const stdout = keep(outPath, constants.O_WRONLY);
    const stderr = keep(errorPath, constants.O_WRONLY);
    fchownSync(stdout, uid, gid);
    fchownSync(stderr, uid, gid);
    return {
      stdin,
      stdout,
      stderr,
      read() {
        const [out, error] = readers.map((descriptor) => {
          open.delete(descriptor);
          return new Socket({ fd: descriptor, readable: true, writable: false });
        });
        close(open);
        if (out === undefined || error === undefined) throw new Error('a run has two outputs');
        return { stdout: out, stderr: error };
      },
      abandon: () => close(open),
    };
  } catch (error) {
    close(open);
    throw error;
  }
}
