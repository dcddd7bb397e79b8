// Who a run is on the host, and how files that it makes come to belong to the workspace's owner.
// An ordinary user is itself. Root gives every slot an id of its own and shows it the workspace
// through an id-mapped mount; where the kernel refuses that, the run gets the owner's id, unless
// that is root. Nothing here walks a tree or changes the owner of anything in it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { SandboxRefused } from './sandbox.ts';
import { freeBlock, ownershipMap, takenIds } from './slot-ids.ts';
import type { Workspace } from './workspace.ts';

/** The host's view of one run. */
export type RunAs =
  /** Countersign's own, ordinary user. */
  | { readonly kind: 'self'; readonly uid: number; readonly gid: number }
  /** The slot's id, with the workspace id-mapped: what the slot makes is the owner's on disk. */
  | { readonly kind: 'slot'; readonly uid: number; readonly gid: number; readonly mapFd: number }
  /** The owner's own id, because the workspace cannot be id-mapped. */
  | { readonly kind: 'owner'; readonly uid: number; readonly gid: number };

/** Decides who runs. */
export interface Ownership {
  /** The descriptor in the answer stays ours; use it before waiting for anything else. */
  decide(workspace: Workspace, slot: number): Promise<RunAs>;
  /** Told when the kernel would not id-map a mount of this device: the next decision knows. */
  cannotMap(workspace: Workspace, why: string): void;
  /** Gives an empty directory that Countersign made for a requester to an unprivileged id. */
  prepareOwnWorkspace(path: string): Promise<void>;
}

const KEPT_MAPS = 64;

/** `userId` and `groupId` are this process's own; `slots` how many runs there are at once. */
export async function openOwnership(options: {
  readonly stateDir: string;
  readonly userId: number;
  readonly groupId: number;
  readonly slots: number;
  readonly unshare: string;
}): Promise<Ownership> {
  const { userId, groupId, slots } = options;
  if (userId !== 0) {
    const self: RunAs = { kind: 'self', uid: userId, gid: groupId };
    return {
      decide: async () => self,
      cannotMap: () => {},
      prepareOwnWorkspace: async () => {},
    };
  }
  // One id more than there are slots: it owns the workspaces that Countersign makes.
  const first = freeBlock(options.stateDir, slots + 1, await takenIds());
  if (first === null) {
    throw new SandboxRefused(
      `no ${slots + 1} user ids in a row are free between 60580 and 61183 for sandboxes: ` +
        'free some in /etc/passwd, /etc/group, /etc/subuid, or run Countersign as an ordinary user',
    );
  }
  const unmappable = new Map<number, string>();
  const maps = new Map<string, number>();
  return {
    async decide(workspace, slot) {
      const why = unmappable.get(workspace.device);
      if (why === undefined) {
        const id = first + slot;
        const mapFd = await keptMap(maps, workspace, id, options.unshare);
        return { kind: 'slot', uid: id, gid: id, mapFd };
      }
      if (workspace.uid === 0) {
        throw new SandboxRefused(
          `${workspace.path} belongs to root and its file system cannot be id-mapped (${why}): ` +
            'give the workspace to an ordinary user, or run Countersign as one',
        );
      }
      return { kind: 'owner', uid: workspace.uid, gid: workspace.gid };
    },
    cannotMap(workspace, why) {
      unmappable.set(workspace.device, why);
    },
    async prepareOwnWorkspace(path) {
      const handle = await open(path, 'r');
      try {
        const { uid } = await handle.stat();
        if (uid !== 0 || (await readdir(path)).length > 0) return;
        await handle.chown(first + slots, first + slots);
      } finally {
        await handle.close();
      }
    },
  };
}

/** A user namespace that holds the id map, kept by its descriptor alone: its process is gone. */
async function keptMap(
  maps: Map<string, number>,
  workspace: Workspace,
  slotId: number,
  unshare: string,
): Promise<number> {
  const key = `${workspace.uid}:${workspace.gid}:${slotId}`;
  const kept = maps.get(key);
  if (kept !== undefined) return kept;
  const made = await makeMap(workspace, slotId, unshare);
  const raced = maps.get(key);
  if (raced !== undefined) {
    closeSync(made);
    return raced;
  }
  for (const [oldest, descriptor] of maps) {
    if (maps.size < KEPT_MAPS) break;
    maps.delete(oldest);
    closeSync(descriptor);
  }
  maps.set(key, made);
  return made;
}

async function makeMap(workspace: Workspace, slotId: number, unshare: string): Promise<number> {
  // `cat` answers once it is in its new namespace, and stays until its input ends.
  const holder = spawn(unshare, ['--user', '--', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  holder.stdin.on('error', () => {});
  const ended = once(holder, 'close');
  try {
    const answered = once(holder.stdout, 'data').then(() => true);
    holder.stdin.write('\n');
    const isThere = await Promise.race([answered, ended.then(() => false)]);
    if (!isThere || holder.pid === undefined) throw new Error('unshare --user failed');
    await writeFile(`/proc/${holder.pid}/uid_map`, ownershipMap(workspace.uid, slotId));
    await writeFile(`/proc/${holder.pid}/gid_map`, ownershipMap(workspace.gid, slotId));
    return openSync(`/proc/${holder.pid}/ns/user`, 'r');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const max = (
      await readFile('/proc/sys/user/max_user_namespaces', 'utf8').catch(() => '')
    ).trim();
    throw new SandboxRefused(
      `the id map of ${workspace.path} could not be made (${why}` +
        `${max === '0' ? '; user namespaces are off: sysctl -w user.max_user_namespaces=15000' : ''}` +
        '): run Countersign as an ordinary user, or in a container that may make user namespaces',
    );
  } finally {
    holder.kill('SIGKILL');
    await ended.catch(() => {});
  }
}
