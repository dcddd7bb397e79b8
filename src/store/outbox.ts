// The outbox's repository: what is due, what was delivered, and which message shows which approval.
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { OutboxStore } from '../bus/outbox.ts';
import type { Database } from './database.ts';
import { withPlainErrors } from './errors.ts';
import { cards, outbox } from './schema.ts';

export function createOutboxStore(db: Database): OutboxStore {
  return withPlainErrors({
    async due(now, limit) {
      const rows = await db
        .select()
        .from(outbox)
        .where(lte(outbox.nextAt, now))
        .orderBy(asc(outbox.id))
        .limit(limit);
      return rows.map(({ id, revision, attempts, platform, chat, item }) => ({
        id,
        revision,
        attempts,
        to: { platform, chat },
        item,
      }));
    },

    async nextDueAt() {
      const [row] = await db.select({ at: sql<string | null>`min(${outbox.nextAt})` }).from(outbox);
      return row?.at == null ? null : Number(row.at);
    },

    async delivered(row) {
      await db.delete(outbox).where(and(eq(outbox.id, row.id), eq(outbox.revision, row.revision)));
    },

    async failed(row, nextAtMs, error) {
      await db
        .update(outbox)
        .set({ attempts: row.attempts + 1, nextAt: nextAtMs, lastError: error })
        .where(and(eq(outbox.id, row.id), eq(outbox.revision, row.revision)));
    },

    async cardRef(approvalId, to) {
      const [row] = await db
        .select({ ref: cards.ref })
        .from(cards)
        .where(
          and(
            eq(cards.approvalId, approvalId),
            eq(cards.platform, to.platform),
            eq(cards.chat, to.chat),
          ),
        );
      return row?.ref ?? null;
    },

    async keepCardRef(approvalId, to, ref) {
      await db
        .insert(cards)
        .values({ approvalId, platform: to.platform, chat: to.chat, ref })
        .onConflictDoUpdate({
          target: [cards.approvalId, cards.platform, cards.chat],
          set: { ref },
        });
    },
  });
}
