// Verifying the record: reads the entries in order and says the first thing that is wrong. Pure
// over an iterable, so a file and a database verify alike.

import { sha256Hex } from '../bus/action.ts';
import {
  type AuditEntry,
  type AuditHead,
  entryIsGenuine,
  GENESIS_HASH,
  headIsGenuine,
  type KeyRing,
} from './chain.ts';

export type Verification =
  | { readonly ok: true; readonly entries: number; readonly headHash: string }
  | {
      readonly ok: false;
      /** Entries that were right before the fault. */
      readonly entries: number;
      readonly seq: number;
      readonly fault: 'edited' | 'unsigned' | 'missing' | 'reordered' | 'truncated' | 'head';
      readonly detail: string;
    };

/**
 * Verifies a whole record. `head` is the store's signed head, `anchor` one kept outside of the
 * store (null when there is none): it shows a record that was cut back together with its head.
 */
export async function verifyRecord(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  head: AuditHead | null,
  anchor: AuditHead | null,
  keys: KeyRing,
): Promise<Verification> {
  let seq = 0;
  let prev = GENESIS_HASH;
  if (anchor !== null && !headIsGenuine(anchor, keys)) {
    const detail = 'the anchor outside of the store does not match its signature';
    return { ok: false, entries: 0, seq: 0, fault: 'head', detail };
  }
  let anchorSeen = anchor === null || anchor.seq === 0;
  for await (const entry of entries) {
    const fault = entryFault(entry, seq, prev, keys);
    if (fault !== null) return { ok: false, entries: seq, seq: entry.seq, ...fault };
    seq = entry.seq;
    prev = entry.hash;
    if (anchor?.seq === seq) {
      if (anchor.hash !== prev) {
        return {
          ok: false,
          entries: seq,
          seq,
          fault: 'edited',
          detail: `entry ${seq} is not the one that the anchor outside of the store names`,
        };
      }
      anchorSeen = true;
    }
  }
  const fault = endFault({ seq, prev }, head, anchorSeen ? null : anchor, keys);
  if (fault !== null) return { ok: false, entries: seq, seq, ...fault };
  return { ok: true, entries: seq, headHash: prev };
}

type Fault = { fault: Extract<Verification, { ok: false }>['fault']; detail: string };

function entryFault(entry: AuditEntry, seq: number, prev: string, keys: KeyRing): Fault | null {
  if (entry.seq !== seq + 1) {
    return entry.seq > seq
      ? { fault: 'missing', detail: `entry ${seq + 1} is missing: ${entry.seq} follows ${seq}` }
      : { fault: 'reordered', detail: `entry ${entry.seq} comes after ${seq}` };
  }
  if (!entryIsGenuine(entry, keys)) {
    return keys.find(entry.keyId) === undefined
      ? { fault: 'unsigned', detail: `entry ${entry.seq} is signed by an unknown key` }
      : { fault: 'edited', detail: `entry ${entry.seq} does not match its signature` };
  }
  if (sha256Hex(entry.body) !== entry.hash) {
    return { fault: 'edited', detail: `entry ${entry.seq} does not match its hash` };
  }
  const body = JSON.parse(entry.body) as Record<string, unknown>;
  if (body['seq'] !== entry.seq || body['prev'] !== prev) {
    return {
      fault: 'reordered',
      detail: `entry ${entry.seq} was written for another place (${String(body['seq'])})`,
    };
  }
  if (body['type'] !== entry.type || body['approval'] !== entry.approvalId) {
    return {
      fault: 'edited',
      detail: `entry ${entry.seq}: its columns differ from what was signed`,
    };
  }
  return null;
}

function endFault(
  end: { seq: number; prev: string },
  head: AuditHead | null,
  unseenAnchor: AuditHead | null,
  keys: KeyRing,
): Fault | null {
  if (unseenAnchor !== null) {
    return {
      fault: 'truncated',
      detail: `the record ends at ${end.seq}, but the anchor names entry ${unseenAnchor.seq}`,
    };
  }
  if (head === null) {
    return end.seq === 0 ? null : { fault: 'head', detail: 'the signed head is missing' };
  }
  if (!headIsGenuine(head, keys)) {
    return { fault: 'head', detail: 'the head does not match its signature' };
  }
  if (head.seq > end.seq) {
    return {
      fault: 'truncated',
      detail: `entries ${end.seq + 1} to ${head.seq} were cut off the end`,
    };
  }
  if (head.seq < end.seq || head.hash !== end.prev) {
    return {
      fault: 'head',
      detail: `the head names entry ${head.seq}, the record ends at ${end.seq}`,
    };
  }
  return null;
}
