// The record where no control plane runs: `audit verify` opens the store itself, finds what was
// done to the record, and says what keeps it from looking.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRecord, type RecordCheck } from '../../src/audit/read.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { openPlane } from './plane.ts';
import { ran } from './recording-terminal.ts';

let root: string;
let dataDir: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  dataDir = join(root, 'data');
  const plane = await openPlane();
  const setting = { cwd: plane.workspace, env: { COUNTERSIGN_DATA: plane.dataDir } };
  for (const name of ['one', 'two', 'three']) {
    await ran(['run', '--no-wait', '--', 'echo', name], setting);
  }
  await plane.writeAnchor();
  await plane.stop();
  await cp(plane.dataDir, dataDir, { recursive: true });
  await plane.close();
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const keysPath = () => join(dataDir, 'audit-keys.json');
const anchorPath = () => join(dataDir, 'audit-anchor.json');

describe('what was done to the record is found', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
  });
  afterAll(async () => {
    await store.close();
  });

  /** The verification after a change that is undone again. */
  async function verifiedAfter(...statements: string[]): Promise<RecordCheck> {
    const undone = new Error('undone');
    let found: RecordCheck | null = null;
    try {
      await store.db.transaction(async (tx) => {
        for (const statement of statements) await tx.execute(sql.raw(statement));
        const db = tx as unknown as Store['db'];
        found = await openRecord({ db, keysPath: keysPath(), anchorPath: anchorPath() }).verify();
        throw undone;
      });
    } catch (error) {
      if (error !== undone) throw error;
    }
    if (found === null) throw new Error('nothing was verified');
    return found;
  }

  test('a whole one verifies', async () => {
    expect(await verifiedAfter()).toEqual({
      readable: true,
      verification: { ok: true, entries: 3, headHash: expect.any(String) },
      anchorSeq: 3,
    });
  });

  const entries = 'countersign.audit_entries';
  test.each([
    [
      'an edited entry',
      `update ${entries} set body = replace(body, 'two', '2') where seq = 2`,
      'edited',
      2,
    ],
    [
      'a changed column',
      `update ${entries} set type = 'approval.allowed' where seq = 3`,
      'edited',
      3,
    ],
    ['an entry in another place', `update ${entries} set seq = 9 where seq = 2`, 'missing', 3],
    ['a removed entry', `delete from ${entries} where seq = 2`, 'missing', 3],
    ['a removed first entry', `delete from ${entries} where seq = 1`, 'missing', 2],
    ['a cut-off end', `delete from ${entries} where seq = 3`, 'truncated', 2],
    ['an emptied record', `delete from ${entries}`, 'truncated', 0],
    ['a removed head', 'delete from countersign.audit_head', 'head', 3],
    [
      'an entry behind the head',
      `insert into ${entries} select 4, approval_id, type, body, hash, mac, key_id from ${entries} where seq = 3`,
      'reordered',
      4,
    ],
    [
      'an entry before the first',
      `insert into ${entries} select 0, approval_id, type, body, hash, mac, key_id from ${entries} where seq = 3`,
      'reordered',
      0,
    ],
  ])('%s', async (_name, statement, fault, seq) => {
    expect(await verifiedAfter(statement)).toMatchObject({
      readable: true,
      verification: { ok: false, fault, seq },
    });
  });

  test('entries that are written while it is read are no fault', async () => {
    const record = openRecord({ db: store.db, keysPath: keysPath(), anchorPath: anchorPath() });
    const found = await Promise.all([record.verify(), record.verify()]);
    expect(found.map((one) => one.readable && one.verification.ok)).toEqual([true, true]);
  });
});

describe('the commands open the store themselves', () => {
  const verify = (...more: string[]) => ran(['audit', 'verify', '--data', dataDir, ...more]);

  test('whole is 0, a fault is 1, both as text and as JSON', async () => {
    const whole = await verify('--json');
    const list = await ran(['audit', 'list', '--data', dataDir, '--limit', '2']);
    const store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
    // While somebody has the store, it cannot be looked at.
    const locked = await verify();
    await store.db.execute(sql`delete from countersign.audit_entries where seq = 2`);
    await store.close();
    const fault = await verify();
    expect([whole.code, list.code, locked.code, fault.code]).toEqual([0, 0, 2, 1]);
    expect(JSON.parse(whole.out)).toMatchObject({ ok: true, entries: 3, anchor_seq: 3 });
    expect(list.out).toMatch(/^SEQ .*\n2 .*\n3 .*\n$/);
    expect(locked.err).toContain('is in use by process');
    expect(fault.out).toMatch(/^FAULT \(missing\) at entry 3: .*\n1 entries before it are right\./);
  });

  test('without keys, or with a damaged anchor, it cannot be read: 2', async () => {
    const text = await readFile(keysPath(), 'utf8');
    await rm(keysPath());
    const missing = await verify();
    await writeFile(keysPath(), text);
    await writeFile(anchorPath(), '{}');
    const anchor = await verify();
    expect([missing.code, anchor.code]).toEqual([2, 2]);
    expect(missing.err).toContain('Restore it from a backup');
    expect(anchor.err).toContain('is damaged');
  });

  test('where there is no record yet, none is made: 2', async () => {
    const { code, err } = await ran(['audit', 'verify', '--data', join(root, 'nothing')]);
    expect(code).toBe(2);
    expect(err).toContain('there is no record in it yet');
  });
});
