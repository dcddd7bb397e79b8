// The policy file on the disk: read with a limit, written so that a crash leaves the old text or
// the new one, never half of either. It knows nothing of what the text says.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chown, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FILE_LIMIT } from './policy-file.ts';

type DiskRead =
  | { readonly ok: true; readonly text: string | null }
  | { readonly ok: false; readonly problem: string };
type DiskWrite = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** The text of the file; null where there is none. */
export async function readPolicyText(path: string): Promise<DiskRead> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { ok: false, problem: `${path} is not a regular file` };
    if (info.size > FILE_LIMIT) return { ok: false, problem: `${path} is larger than 4 MiB` };
    const bytes = await readFile(path);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text.includes('\0')) return { ok: false, problem: `${path} holds a NUL character` };
    return { ok: true, text };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { ok: true, text: null };
    if (error instanceof TypeError) return { ok: false, problem: `${path} is not UTF-8 text` };
    return { ok: false, problem: `${path} cannot be read: ${String(error)}` };
  }
}

/** The file that a symbolic link leads to, so that an edit does not replace the link. */
export async function resolveTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return path;
    throw error;
  }
}

/** Makes the folder of the file, and sees that it can be written. */
export async function prepareFolder(path: string): Promise<DiskWrite> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await access(dirname(path), constants.W_OK);
    return { ok: true };
  } catch (error) {
    return { ok: false, problem: `${dirname(path)} cannot be written: ${String(error)}` };
  }
}

/** Replaces the file in one step, readable and writable by its owner only. */
export async function writePolicyText(path: string, text: string): Promise<DiskWrite> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const owner = await ownerOf(path);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    if (owner !== null) await chown(temporary, owner.uid, owner.gid);
    await rename(temporary, path);
    await syncFolder(folder);
    return { ok: true };
  } catch (error) {
    await rm(temporary, { force: true });
    return { ok: false, problem: `${path} cannot be written: ${String(error)}` };
  }
}

/** Whose file it is, where that is somebody else and root may give it back. */
async function ownerOf(path: string): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Makes the rename itself durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}
