// Which directory a run may see: where the requester stands, when the configuration covers that
// place, and otherwise a folder of its own. Decided once, at submission, and frozen.
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../bus/action.ts';
import type { Identity } from '../bus/messages.ts';

export interface Workspace {
  /** The directory that the run sees and starts in: frozen with the action. */
  readonly cwd: string;
  /** False when it is the requester's own folder instead of where it stands. */
  readonly covered: boolean;
}

export type FindWorkspace = (requester: Identity, standsIn: string | null) => Promise<Workspace>;

/**
 * `patterns` are absolute directories; `*` stays inside one name, a trailing `/**` (or nothing)
 * covers everything below. `ownFolders` is where requesters without one get theirs.
 */
export function createWorkspaces(patterns: readonly string[], ownFolders: string): FindWorkspace {
  const covering = patterns.map(toRegExp);
  return async (requester, standsIn) => {
    if (standsIn !== null) {
      const real = await realDirectory(standsIn);
      if (real !== null && covering.some((pattern) => pattern.test(`${real}/`))) {
        return { cwd: real, covered: true };
      }
    }
    const own = join(ownFolders, folderName(requester));
    await mkdir(own, { recursive: true, mode: 0o700 });
    await chmod(own, 0o700);
    return { cwd: await realpath(own), covered: false };
  };
}

async function realDirectory(path: string): Promise<string | null> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : null;
  } catch {
    return null;
  }
}

// Symbolic links in the pattern's own place would never match a real path: patterns are real paths.
function toRegExp(pattern: string): RegExp {
  const trimmed = pattern.replace(/\/\*\*$/, '').replace(/\/+$/, '');
  const body = trimmed
    .split(/(\*\*|\*)/)
    .map((part) => {
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${body}/`, 's');
}

// Readable, and distinct whatever the identity holds.
function folderName(requester: Identity): string {
  const readable = requester.replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(0, 40);
  return `${readable}-${sha256Hex(requester).slice(0, 8)}`;
}
