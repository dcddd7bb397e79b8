// An answer to any message of a card finds its approval, and nobody else's.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCardIndex } from '../../src/store/cards.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { cards } from '../../src/store/schema.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-store-'));
  const dataDir = join(folder, 'data');
  store = await openStore({ kind: 'folder', dataDir }, { log: () => undefined });
}, 90_000);
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

it('finds a card by each of its messages, in its own chat alone', async () => {
  const chat = { platform: 'telegram', chat: '-1' };
  await store.db.insert(cards).values([
    { approvalId: 'A0001', ...chat, ref: '101,102,103' },
    { approvalId: 'A0002', ...chat, ref: '104' },
    { approvalId: 'A0003', platform: 'telegram', chat: '-2', ref: '10,102' },
  ]);
  const approvalOfCard = createCardIndex(store.db);
  const found = await Promise.all(
    ['101', '102', '103', '104', '10', '1', '101,102', ''].map((ref) => approvalOfCard(chat, ref)),
  );
  expect(found).toEqual(['A0001', 'A0001', 'A0001', 'A0002', null, null, null, null]);
});
