// Where a path really leads: the only part of judging tool calls that looks at a disk.
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The absolute path behind all symbolic links; of a file that is not there yet, behind those
 * of its directory. Null where that cannot be known: a link that leads nowhere, a directory that
 * may not be read.
 */
export function resolveLinks(path: string): string | null {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return null;
      if (isLink(at) || dirname(at) === at) return null;
      missing.unshift(at.slice(dirname(at) === '/' ? 1 : dirname(at).length + 1));
    }
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
