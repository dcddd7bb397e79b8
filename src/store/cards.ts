// Which approval a message in a chat shows: so that an answer to a card needs no id.
import { and, eq } from 'drizzle-orm';
import type { CardRef, ChatAddress } from '../bus/messages.ts';
import type { Database } from './database.ts';
import { cards } from './schema.ts';

export function createCardIndex(
  db: Database,
): (chat: ChatAddress, ref: CardRef) => Promise<string | null> {
  return async ({ platform, chat }, ref) => {
    const [row] = await db
      .select({ id: cards.approvalId })
      .from(cards)
      .where(and(eq(cards.platform, platform), eq(cards.chat, chat), eq(cards.ref, ref)));
    return row?.id ?? null;
  };
}
