// Whatever is done to a record without its keys shows: edited, removed, reordered, cut off,
// swapped, signed anew; by property over random records, and by example for what each fault is
// called.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AuditEntry,
  type AuditHead,
  appendEntries,
  GENESIS_HASH,
  signHead,
} from '../../src/audit/chain.ts';
import { verifyRecord } from '../../src/audit/verify.ts';
import { canonicalJson, sha256Hex } from '../../src/bus/action.ts';
import { at, draft, KEY, KEYS, RETIRED, record, type SignedRecord, STRANGE } from './records.ts';

const index = fc.nat(1000);

async function faultOf(
  entries: readonly AuditEntry[],
  head: AuditHead | null,
  anchor: AuditHead | null = null,
): Promise<string> {
  const found = await verifyRecord(entries, head, anchor, KEYS);
  return found.ok ? 'none' : found.fault;
}

function headOf({ heads }: SignedRecord): AuditHead {
  return at(heads, heads.length - 1);
}

function without<T>(list: readonly T[], place: number): T[] {
  return list.filter((_, other) => other !== place);
}

/** Fails unless the damage is found in every record; `null` for a record it cannot be done to. */
async function alwaysFound(
  damage: (
    whole: SignedRecord,
    place: number,
  ) => { entries: readonly AuditEntry[]; head: AuditHead | null; anchor?: AuditHead } | null,
  faults: readonly string[],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(record, index, async (whole, place) => {
      const damaged = damage(whole, place % whole.entries.length);
      if (damaged === null) return;
      const { entries, head, anchor = null } = damaged;
      expect(faults).toContain(await faultOf(entries, head, anchor));
    }),
    { numRuns: 100 },
  );
}

describe('a whole record', () => {
  test('verifies, whoever of our keys signed it, in how many commits ever', async () => {
    await fc.assert(
      fc.asyncProperty(record, index, async (whole, place) => {
        const anchor = at(whole.heads, place);
        for (const outside of [null, anchor, signHead({ seq: 0, hash: GENESIS_HASH }, KEY)]) {
          expect(await verifyRecord(whole.entries, headOf(whole), outside, KEYS)).toEqual({
            ok: true,
            entries: whole.entries.length,
            headHash: headOf(whole).hash,
          });
        }
      }),
    );
  });

  test('is the same chain in one commit as in many', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 8 }), fc.nat(8), (drafts, cut) => {
        const first = appendEntries(null, drafts.slice(0, cut), KEY);
        const second = appendEntries(first.head, drafts.slice(cut), KEY);
        const once = appendEntries(null, drafts, KEY);
        expect([...first.entries, ...second.entries]).toEqual(once.entries);
        expect(second.head).toEqual(once.head);
      }),
    );
  });

  test('may be empty, with the head that was signed for that, or none', async () => {
    const empty = { ok: true, entries: 0, headHash: GENESIS_HASH };
    expect(await verifyRecord([], null, null, KEYS)).toEqual(empty);
    const head = signHead({ seq: 0, hash: GENESIS_HASH }, KEY);
    expect(await verifyRecord([], head, null, KEYS)).toEqual(empty);
  });
});

describe('damage is found', () => {
  test('an edited body, whether or not its hash is made to fit', async () => {
    await alwaysFound(
      (whole, place) => {
        const entry = at(whole.entries, place);
        const body = entry.body.replace('"actor":"', '"actor":"x');
        return { entries: whole.entries.with(place, { ...entry, body }), head: headOf(whole) };
      },
      ['edited'],
    );
    await alwaysFound(
      (whole, place) => {
        const entry = at(whole.entries, place);
        const body = canonicalJson({
          ...(JSON.parse(entry.body) as object),
          actor: 'telegram:eve',
        });
        const edited = { ...entry, body, hash: sha256Hex(body) };
        return { entries: whole.entries.with(place, edited), head: headOf(whole) };
      },
      ['edited'],
    );
  });

  for (const column of ['type', 'approvalId', 'hash', 'mac', 'keyId'] as const) {
    test(`an edited column: ${column}`, async () => {
      await alwaysFound(
        (whole, place) => {
          const entry = at(whole.entries, place);
          const edited = { ...entry, [column]: `${entry[column] ?? ''}0` };
          return { entries: whole.entries.with(place, edited), head: headOf(whole) };
        },
        ['edited', 'unsigned'],
      );
    });
  }

  test('a MAC in capitals or with something behind it', async () => {
    for (const change of [(mac: string) => mac.toUpperCase(), (mac: string) => `${mac} zz`]) {
      await alwaysFound(
        (whole, place) => {
          const entry = at(whole.entries, place);
          const mac = change(entry.mac);
          return { entries: whole.entries.with(place, { ...entry, mac }), head: headOf(whole) };
        },
        ['edited'],
      );
    }
  });

  test('a key id that names another of our keys', async () => {
    await alwaysFound(
      (whole, place) => {
        const entry = at(whole.entries, place);
        const keyId = entry.keyId === KEY.id ? RETIRED.id : KEY.id;
        return { entries: whole.entries.with(place, { ...entry, keyId }), head: headOf(whole) };
      },
      ['edited'],
    );
  });

  test('a removed entry, at the beginning, in the middle, at the end', async () => {
    await alwaysFound(
      (whole, place) => ({ entries: without(whole.entries, place), head: headOf(whole) }),
      ['missing', 'truncated'],
    );
  });

  test('an entry twice', async () => {
    await alwaysFound(
      (whole, place) => {
        const entries = whole.entries.toSpliced(place, 0, at(whole.entries, place));
        return { entries, head: headOf(whole) };
      },
      ['reordered'],
    );
  });

  test('two neighbours that changed places, with and without their numbers', async () => {
    const swap = (whole: SignedRecord, place: number, renumber: boolean) => {
      const [one, other] = [whole.entries[place], whole.entries[place + 1]];
      if (one === undefined || other === undefined) return null;
      const entries = whole.entries
        .with(place, renumber ? { ...other, seq: one.seq } : other)
        .with(place + 1, renumber ? { ...one, seq: other.seq } : one);
      return { entries, head: headOf(whole) };
    };
    await alwaysFound((whole, place) => swap(whole, place, false), ['missing', 'reordered']);
    await alwaysFound((whole, place) => swap(whole, place, true), ['reordered']);
  });

  test('a removed entry whose followers were renumbered', async () => {
    await alwaysFound(
      (whole, place) => {
        if (place === whole.entries.length - 1) return null;
        const entries = without(whole.entries, place).map((entry, seq) => ({
          ...entry,
          seq: seq + 1,
        }));
        return { entries, head: headOf(whole) };
      },
      ['reordered'],
    );
  });

  test('an end that was cut off', async () => {
    await alwaysFound(
      (whole, place) => ({ entries: whole.entries.slice(0, place), head: headOf(whole) }),
      ['truncated'],
    );
  });

  test('an end that was cut off together with the head, by the anchor outside', async () => {
    await alwaysFound(
      (whole, place) => {
        const head = place === 0 ? null : at(whole.heads, place - 1);
        return { entries: whole.entries.slice(0, place), head, anchor: headOf(whole) };
      },
      ['truncated'],
    );
  });

  test('an entry of another record in its place', async () => {
    await fc.assert(
      fc.asyncProperty(record, record, index, async (whole, other, place) => {
        const foreign = at(other.entries, place);
        const own = whole.entries[foreign.seq - 1];
        if (own === undefined || own.body === foreign.body) return;
        const entries = whole.entries.with(foreign.seq - 1, foreign);
        const fault = await faultOf(entries, headOf(whole));
        // The last or first one fits its neighbours where it has none on one side.
        expect(['reordered', 'head', 'edited']).toContain(fault);
      }),
    );
  });

  test('a tail that somebody wrote and signed with a key of his own', async () => {
    await alwaysFound(
      (whole, place) => {
        const before = place === 0 ? null : at(whole.heads, place - 1);
        const forged = appendEntries(
          before,
          [{ type: 'approval.approved', atMs: 0, actor: 'x:y', approvalId: null, data: {} }],
          STRANGE,
        );
        return {
          entries: [...whole.entries.slice(0, place), ...forged.entries],
          head: forged.head,
        };
      },
      ['unsigned'],
    );
  });

  test('the same under the name of our key', async () => {
    await alwaysFound(
      (whole, place) => {
        const before = place === 0 ? null : at(whole.heads, place - 1);
        const forged = appendEntries(
          before,
          [{ type: 'approval.approved', atMs: 0, actor: 'x:y', approvalId: null, data: {} }],
          { ...STRANGE, id: KEY.id },
        );
        return {
          entries: [...whole.entries.slice(0, place), ...forged.entries],
          head: forged.head,
        };
      },
      ['edited'],
    );
  });

  test('an edited, missing, strange or old head', async () => {
    for (const column of ['hash', 'mac', 'keyId'] as const) {
      await alwaysFound(
        (whole) => {
          const head = headOf(whole);
          return { entries: whole.entries, head: { ...head, [column]: `${head[column]}0` } };
        },
        ['head'],
      );
    }
    await alwaysFound((whole) => ({ entries: whole.entries, head: null }), ['head']);
    await alwaysFound(
      (whole) => {
        const { seq, hash } = headOf(whole);
        return { entries: whole.entries, head: { ...headOf(whole), seq: seq + 1, hash } };
      },
      ['head'],
    );
    await alwaysFound(
      (whole) => ({ entries: whole.entries, head: signHead(headOf(whole), STRANGE) }),
      ['head'],
    );
    await alwaysFound(
      (whole, place) => {
        if (place === whole.entries.length - 1) return null;
        return { entries: whole.entries, head: at(whole.heads, place) };
      },
      ['head'],
    );
  });

  test('an anchor that is not ours, and one that names another entry', async () => {
    await alwaysFound(
      (whole, place) => ({
        entries: whole.entries,
        head: headOf(whole),
        anchor: signHead(at(whole.heads, place), STRANGE),
      }),
      ['head'],
    );
    await alwaysFound(
      (whole) => ({
        entries: whole.entries,
        head: headOf(whole),
        anchor: { seq: 0, hash: GENESIS_HASH, mac: '', keyId: KEY.id },
      }),
      ['head'],
    );
    await alwaysFound(
      (whole, place) => ({
        entries: whole.entries,
        head: headOf(whole),
        anchor: signHead({ seq: place + 1, hash: sha256Hex('another') }, KEY),
      }),
      ['edited'],
    );
  });
});

test('the answer names the first fault and how much before it was right', async () => {
  const drafts = ['a', 'b', 'c', 'd'].map((type) => ({
    type,
    atMs: 0,
    actor: 'countersign:clock',
    approvalId: null,
    data: {},
  }));
  const { entries, head } = appendEntries(null, drafts, KEY);
  const damaged = without(entries, 1);
  expect(await verifyRecord(damaged, head, null, KEYS)).toEqual({
    ok: false,
    entries: 1,
    seq: 3,
    fault: 'missing',
    detail: 'entry 2 is missing: 3 follows 1',
  });
});

test('an entry holds who, what and when, chained to the one before it', () => {
  const { entries } = appendEntries(
    { seq: 4, hash: 'a'.repeat(64) },
    [
      {
        type: 'lockdown.on',
        atMs: 0,
        actor: 'telegram:anna',
        approvalId: null,
        data: { z: 1, a: [] },
      },
    ],
    KEY,
  );
  const zeros = 'a'.repeat(64);
  expect(entries[0]?.body).toBe(
    `{"actor":"telegram:anna","approval":null,"at":"1970-01-01T00:00:00.000Z","data":{"a":[],"z":1},"key":"k-now","prev":"${zeros}","seq":5,"type":"lockdown.on"}`,
  );
  expect(entries[0]?.hash).toBe(sha256Hex(entries[0]?.body ?? ''));
});
