// Which approval a message in a chat shows: so that an answer to a card needs no id.
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { CardRef, ChatAddress } from '../bus/messages.ts';
import type { Database } from './database.ts';
import { cards } from './schema.ts';

export function createCardIndex(
  db: Database,
): (chat: ChatAddress, ref: CardRef) => Promise<string | null> {
  return async ({ platform, chat }, ref) => {
    const cardWhere = async (isRef: SQL) => {
      const here = and(eq(cards.platform, platform), eq(cards.chat, chat), isRef);
      const [row] = await db.select({ id: cards.approvalId }).from(cards).where(here);
      return row?.id ?? null;
    };
    // A card may take several messages: an answer to any of them is one to the card. Few do.
    const inMany = sql`${cards.ref} like '%,%' and ${ref} = any(string_to_array(${cards.ref}, ','))`;
    return (await cardWhere(eq(cards.ref, ref))) ?? (await cardWhere(inMany));
  };
}
