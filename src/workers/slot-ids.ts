// The unprivileged user ids that root gives to its slots: one each, so that runs cannot reach each
// other and per-user limits count one run alone. Nobody else may own these ids.
import { readFile } from 'node:fs/promises';
import { sha256Hex } from '../bus/action.ts';

/** A range of ids that others use. */
interface IdRange {
  readonly first: number;
  readonly count: number;
}

// systemd's "Users, Groups, UIDs and GIDs on systemd Systems" lists 60578-61183 as unused by
// everybody: below come homes and containers, above the dynamic users of services.
const FIRST_ID = 60_580;
const LAST_ID = 61_183;

/**
 * The first id of a free block of `size` ids. Two data folders on one machine get different blocks
 * where they can, hence the seed. Null when every block is taken.
 */
export function freeBlock(seed: string, size: number, taken: readonly IdRange[]): number | null {
  const blocks = Math.floor((LAST_ID - FIRST_ID + 1) / size);
  if (blocks < 1) return null;
  const start = Number.parseInt(sha256Hex(seed).slice(0, 8), 16) % blocks;
  for (let step = 0; step < blocks; step += 1) {
    const first = FIRST_ID + ((start + step) % blocks) * size;
    const clash = taken.some(
      (range) => range.first < first + size && first < range.first + range.count,
    );
    if (!clash) return first;
  }
  return null;
}

/** The ids that the machine's own files give to users, groups and containers. */
export async function takenIds(): Promise<IdRange[]> {
  const read = async (file: string) => readFile(file, 'utf8').catch(() => '');
  const [passwd, group, subuid, subgid] = await Promise.all(
    ['/etc/passwd', '/etc/group', '/etc/subuid', '/etc/subgid'].map(read),
  );
  return [
    ...idsOf(passwd ?? '', (fields) => ({ first: Number(fields[2]), count: 1 })),
    ...idsOf(group ?? '', (fields) => ({ first: Number(fields[2]), count: 1 })),
    ...idsOf(subuid ?? '', (fields) => ({ first: Number(fields[1]), count: Number(fields[2]) })),
    ...idsOf(subgid ?? '', (fields) => ({ first: Number(fields[1]), count: Number(fields[2]) })),
  ];
}

function idsOf(text: string, read: (fields: readonly string[]) => IdRange): IdRange[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 3)
    .map(read)
    .filter(({ first, count }) => Number.isInteger(first) && Number.isInteger(count));
}

/**
 * An id map of a mount: what `owner` has on disk belongs to `slot` inside and the reverse for what
 * is made there; every other id stays what it is. Lines of /proc/PID/uid_map. Pure.
 */
export function ownershipMap(owner: number, slot: number): string {
  const lines = [`${owner} ${slot} 1`];
  let next = 0;
  for (const skip of [Math.min(owner, slot), Math.max(owner, slot)]) {
    if (skip > next) lines.push(`${next} ${next} ${skip - next}`);
    next = skip + 1;
  }
  // 2^32-1 is no id.
  lines.push(`${next} ${next} ${4_294_967_295 - next}`);
  return `${lines.join('\n')}\n`;
}
