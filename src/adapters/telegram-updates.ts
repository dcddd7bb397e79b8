// Telegram's updates as messages: who said what, where, in answer to what. Nothing is sent here.
import { z } from 'zod';
import type { InboundMessage } from '../bus/messages.ts';

// Accounts that stand for somebody who is not named: anonymous admins, channels, Telegram itself.
const NOBODY: ReadonlySet<number> = new Set([1087968824, 136817688, 777000]);

// What is read of an update; everything else in it is left alone.
const Update = z.object({
  update_id: z.int(),
  message: z
    .object({
      message_id: z.int(),
      text: z.string().optional(),
      from: z
        .object({
          id: z.int(),
          is_bot: z.boolean(),
          first_name: z.string(),
          last_name: z.string().optional(),
        })
        .optional(),
      chat: z.object({ id: z.int(), type: z.string() }),
      sender_chat: z.unknown().optional(),
      via_bot: z.unknown().optional(),
      forward_origin: z.unknown().optional(),
      reply_to_message: z.object({ message_id: z.int() }).optional(),
    })
    .optional(),
});

/** What one update says: a message, nothing for us (`null`), or nothing that can be read. */
export type ReadUpdate =
  | { readonly ok: true; readonly message: InboundMessage | null }
  | { readonly ok: false };

/**
 * Reads one update as Telegram sends it. Edits, channels, bots, anonymous admins and others' words
 * (forwarded, or written by an inline bot) are nothing for us: they say nothing in anyone's name.
 */
export function readUpdate(update: unknown): ReadUpdate {
  const read = Update.safeParse(update);
  if (!read.success) return { ok: false };
  const { update_id, message } = read.data;
  if (message?.text === undefined || message.from === undefined) return { ok: true, message: null };
  const { from, chat } = message;
  const isNobody = from.is_bot || NOBODY.has(from.id) || chat.type === 'channel';
  const isOthers = message.forward_origin !== undefined || message.via_bot !== undefined;
  if (isNobody || isOthers || message.sender_chat !== undefined) return { ok: true, message: null };
  return {
    ok: true,
    message: {
      eventId: String(update_id),
      sender: `telegram:${from.id}`,
      senderName: storable([from.first_name, from.last_name ?? ''].join(' ').trim()),
      from: { platform: 'telegram', chat: String(chat.id) },
      text: storable(message.text),
      ref: String(message.message_id),
      replyTo: message.reply_to_message ? String(message.reply_to_message.message_id) : null,
    },
  };
}

/** What a store can hold: with a lone surrogate or NUL every delivery would fail. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
