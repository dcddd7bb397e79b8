// The record's arithmetic: entries chained by hash and signed by HMAC-SHA256. Pure; the interlock
// writes what this makes in the transaction of the transition itself (I5).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson, sha256Hex } from '../bus/action.ts';

/** One signing key. `id` names it in every entry it signed, so that keys can be rotated. */
export interface SigningKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** The keys that may have signed (by id) and the one that signs now. */
export interface KeyRing {
  readonly current: SigningKey;
  find(id: string): SigningKey | undefined;
}

/** What happened, before it has a place in the chain. `data` is JSON and holds no secret. */
export interface AuditDraft {
  readonly type: string;
  readonly atMs: number;
  /** Identity of who did it, `countersign:...` for the program itself. */
  readonly actor: string;
  readonly approvalId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One entry as stored. `body` is the canonical JSON that `hash` and `mac` cover. */
export interface AuditEntry {
  readonly seq: number;
  readonly approvalId: string | null;
  readonly type: string;
  readonly body: string;
  readonly hash: string;
  readonly mac: string;
  readonly keyId: string;
}

/** The newest place in the chain, signed: what makes a cut-off end show. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
  readonly mac: string;
  readonly keyId: string;
}

/** What the first entry names as its predecessor. */
export const GENESIS_HASH = '0'.repeat(64);

/** Chains drafts after `head` (null for an empty record) and returns them with the new head. */
export function appendEntries(
  head: Pick<AuditHead, 'seq' | 'hash'> | null,
  drafts: readonly AuditDraft[],
  key: SigningKey,
): { entries: AuditEntry[]; head: AuditHead } {
  let seq = head?.seq ?? 0;
  let prev = head?.hash ?? GENESIS_HASH;
  const entries = drafts.map((draft): AuditEntry => {
    seq += 1;
    const body = canonicalJson({
      seq,
      prev,
      key: key.id,
      at: new Date(draft.atMs).toISOString(),
      type: draft.type,
      actor: draft.actor,
      approval: draft.approvalId,
      data: draft.data,
    });
    prev = sha256Hex(body);
    return {
      seq,
      approvalId: draft.approvalId,
      type: draft.type,
      body,
      hash: prev,
      mac: sign(key, body),
      keyId: key.id,
    };
  });
  return { entries, head: signHead({ seq, hash: prev }, key) };
}

/** Signs a place in the chain, for the head row and for anchors outside the store. */
export function signHead(place: { seq: number; hash: string }, key: SigningKey): AuditHead {
  return {
    seq: place.seq,
    hash: place.hash,
    mac: sign(key, headText(place.seq, place.hash)),
    keyId: key.id,
  };
}

/** Whether a head or anchor was signed by a key of ours. */
export function headIsGenuine(head: AuditHead, keys: KeyRing): boolean {
  return signedBy(keys.find(head.keyId), headText(head.seq, head.hash), head.mac);
}

/** Whether an entry's body was signed by a key of ours. */
export function entryIsGenuine(entry: AuditEntry, keys: KeyRing): boolean {
  return signedBy(keys.find(entry.keyId), entry.body, entry.mac);
}

function headText(seq: number, hash: string): string {
  return canonicalJson({ head: { seq, hash } });
}

function sign(key: SigningKey, text: string): string {
  return createHmac('sha256', key.secret).update(text).digest('hex');
}

function signedBy(key: SigningKey | undefined, text: string, mac: string): boolean {
  if (key === undefined) return false;
  // As text: decoding hex would pass over whatever was put behind it.
  const expected = Buffer.from(sign(key, text));
  const given = Buffer.from(mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
