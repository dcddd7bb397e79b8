// Reading one secret from a file that nobody else may read. Refusals are values; their texts name
// the file and what to do, and never hold a byte of what was in it.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { platform } from 'node:process';
import { Secret } from './secret.ts';

/** Bytes of the largest secret. A key or a token is far smaller; more is a mistake in the path. */
export const SECRET_LIMIT_BYTES = 64 * 1024;

export type SecretAnswer =
  | { readonly ok: true; readonly secret: Secret }
  | { readonly ok: false; readonly why: string };

/** The text of a secret, however it came: one newline at its end is not part of it. */
export function secretFromText(text: string, where: string): SecretAnswer {
  const value = text.replace(/\r?\n$/, '');
  if (value.trim() === '') return { ok: false, why: `${where} is empty` };
  if (value.includes('\0')) return { ok: false, why: `${where} holds a NUL character` };
  return { ok: true, secret: new Secret(value) };
}

/** Reads a secret from a regular file of at most 64 KiB that only its owner may read. */
export function readSecretFile(path: string): SecretAnswer {
  let file: number;
  try {
    // Without O_NONBLOCK a FIFO in the file's place would hold up the start for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, why: whyUnreadable(path, error) };
  }
  try {
    return readOpened(file, path);
  } catch (error) {
    return { ok: false, why: whyUnreadable(path, error) };
  } finally {
    closeSync(file);
  }
}

function readOpened(file: number, path: string): SecretAnswer {
  // Asked of the opened file, so that nobody can change what the path means in between.
  const status = fstatSync(file);
  if (!status.isFile()) return { ok: false, why: `${path} is not a regular file` };
  if (platform !== 'win32' && (status.mode & 0o077) !== 0) {
    const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
    return {
      ok: false,
      why: `${path} can be read or changed by other users (mode ${mode}): run \`chmod 600 ${quoted(path)}\``,
    };
  }
  const bytes = Buffer.alloc(SECRET_LIMIT_BYTES + 1);
  let size = 0;
  while (size < bytes.length) {
    const got = readSync(file, bytes, size, bytes.length - size, null);
    if (got === 0) break;
    size += got;
  }
  if (size > SECRET_LIMIT_BYTES) {
    return { ok: false, why: `${path} is larger than 64 KiB: that is not a secret` };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, size));
    return secretFromText(text, path);
  } catch {
    return { ok: false, why: `${path} is not UTF-8 text` };
  }
}

function whyUnreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file ${path}`;
  if (code === 'EACCES' || code === 'EPERM') {
    return `${path} cannot be read by this user: change its owner, or name another file`;
  }
  return `${path} cannot be read (${code})`;
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
