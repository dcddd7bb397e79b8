// The inbox's repository: messages by their platform's event id, and the reply that closes one.
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Inbox } from '../bus/bus.ts';
import type { Database } from './database.ts';
import { withPlainErrors } from './errors.ts';
import { inbox, outbox } from './schema.ts';

export function createInbox(db: Database): Inbox {
  return withPlainErrors({
    async record(message, atMs) {
      const rows = await db
        .insert(inbox)
        .values({
          platform: message.from.platform,
          eventId: message.eventId,
          receivedAt: atMs,
          message,
          handledAt: null,
        })
        .onConflictDoNothing()
        .returning({ eventId: inbox.eventId });
      return rows.length === 1;
    },

    async unhandled() {
      const rows = await db
        .select()
        .from(inbox)
        .where(isNull(inbox.handledAt))
        .orderBy(asc(inbox.receivedAt));
      return rows.map(({ message, receivedAt }) => ({ message, receivedAtMs: receivedAt }));
    },

    async finish(message, reply, atMs) {
      const { platform, chat } = message.from;
      await db.transaction(async (tx) => {
        await tx
          .update(inbox)
          .set({ handledAt: atMs })
          .where(and(eq(inbox.platform, platform), eq(inbox.eventId, message.eventId)));
        if (reply === null) return;
        await tx
          .insert(outbox)
          .values({
            key: `reply:${platform}:${message.eventId}`,
            platform,
            chat,
            item: { kind: 'message', card: reply, replyTo: message.ref },
            revision: 1,
            attempts: 0,
            nextAt: atMs,
            createdAt: atMs,
            lastError: null,
          })
          .onConflictDoNothing();
      });
    },
  });
}
