// The workspace of one run, opened once: every later step uses the descriptor, so that nobody can
// swap the directory for a symbolic link between looking and mounting.
import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { normalize } from 'node:path';
import { SandboxRefused } from './sandbox.ts';

/** An open workspace; close it when the run has it. */
export interface Workspace {
  readonly path: string;
  readonly handle: FileHandle;
  readonly uid: number;
  readonly gid: number;
  readonly device: number;
}

/** What makes up the sandbox's own root; a workspace above one of these would replace it. */
const OWN_PLACES = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/tmp', '/home', '/var', '/run'];
const KERNEL_PLACES = ['/proc', '/sys', '/dev'];

/** Whether `path` is `directory` or lies in it. Both are normalised and absolute. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** Opens the workspace and makes sure of it and of the cwd in it. Throws SandboxRefused. */
export async function openWorkspace(path: string, cwd: string): Promise<Workspace> {
  if (!path.startsWith('/') || withoutSlash(normalize(path)) !== path) {
    throw new SandboxRefused(`the workspace ${path} must be an absolute path without .. in it`);
  }
  if (
    OWN_PLACES.some((place) => isWithin(place, path)) ||
    KERNEL_PLACES.some((place) => isWithin(path, place) || isWithin(place, path))
  ) {
    throw new SandboxRefused(`${path} cannot be a workspace: the sandbox has its own ${path}`);
  }
  if (!isWithin(withoutSlash(normalize(cwd)), path)) {
    throw new SandboxRefused(`the directory ${cwd} does not lie in the workspace ${path}`);
  }
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(path, flags).catch((error: unknown) => {
    throw new SandboxRefused(`the workspace ${path} cannot be opened: ${messageOf(error)}`);
  });
  try {
    const real = await readlink(`/proc/self/fd/${handle.fd}`);
    if (real !== path) {
      throw new SandboxRefused(
        `the workspace ${path} is reached through a symbolic link: name it as ${real}`,
      );
    }
    const { uid, gid, dev } = await handle.stat();
    return { path, handle, uid, gid, device: dev };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
