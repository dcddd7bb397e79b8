// Records for tests: chained and signed by the real code, in any number of commits.
import fc from 'fast-check';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  appendEntries,
  type KeyRing,
  type SigningKey,
} from '../../src/audit/chain.ts';

export const KEY: SigningKey = { id: 'k-now', secret: new Uint8Array(32).fill(1) };
export const RETIRED: SigningKey = { id: 'k-before', secret: new Uint8Array(32).fill(2) };
export const STRANGE: SigningKey = { id: 'k-strange', secret: new Uint8Array(32).fill(3) };

export const KEYS: KeyRing = {
  current: KEY,
  find: (id) => [KEY, RETIRED].find((key) => key.id === id),
};

export interface SignedRecord {
  readonly entries: readonly AuditEntry[];
  /** The head as it was after each entry: `heads[n]` names entry n + 1. */
  readonly heads: readonly AuditHead[];
}

export const draft: fc.Arbitrary<AuditDraft> = fc.record({
  type: fc.constantFrom('approval.submitted', 'approval.approved', 'lockdown.on'),
  atMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  actor: fc.constantFrom('telegram:anna', 'countersign:clock'),
  approvalId: fc.constantFrom(null, 'A0001', 'B0002'),
  data: fc.dictionary(
    fc.string({ unit: 'grapheme' }),
    fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<unknown>,
    {
      maxKeys: 3,
    },
  ),
});

/** A record of one to a dozen entries, part of it signed by a key that was retired since. */
export const record: fc.Arbitrary<SignedRecord> = fc
  .tuple(fc.array(draft, { minLength: 1, maxLength: 12 }), fc.nat(12))
  .map(([drafts, retiredAt]) => {
    const entries: AuditEntry[] = [];
    const heads: AuditHead[] = [];
    for (const [index, one] of drafts.entries()) {
      const key = index < retiredAt ? RETIRED : KEY;
      const chained = appendEntries(heads.at(-1) ?? null, [one], key);
      entries.push(...chained.entries);
      heads.push(chained.head);
    }
    return { entries, heads };
  });

/** One of a list that is not empty, by any number. */
export function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('the list is empty');
  return found;
}
