// Which approval a message in a chat shows: so that an answer to a card needs no id.
import { and, eq, sql } from 'drizzle-orm';
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
      .where(
        and(
          eq(cards.platform, platform),
          eq(cards.chat, chat),
          // A card may take several messages: an answer to any of them is one to the card.
          sql`${ref} = any(string_to_array(${cards.ref}, ','))`,
        ),
      );
    return row?.id ?? null;
  };
}
