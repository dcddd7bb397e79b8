// Which approval a message in a chat shows: so that an answer to a card needs no id.
import { and, eq } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { CardRef, ChatAddress } from '../bus/messages.ts';
import { cards } from './schema.ts';

export function createCardIndex(
  // biome-ignore lint/suspicious/noExplicitAny: the schema's type parameter says nothing here.
  db: NodePgDatabase<any>,
): (chat: ChatAddress, ref: CardRef) => Promise<string | null> {
  return async ({ platform, chat }, ref) => {
    const [row] = await db
      .select({ id: cards.approvalId })
      .from(cards)
      .where(and(eq(cards.platform, platform), eq(cards.chat, chat), eq(cards.ref, ref)));
    return row?.id ?? null;
  };
}
