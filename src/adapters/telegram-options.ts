// What may be configured of Telegram.
import { z } from 'zod';
import type { SecretText } from './ports.ts';

const ChatId = z
  .union([
    z.int(),
    z.string().regex(/^-?\d+$/, 'must be a numeric chat id, such as -1001234567890'),
  ])
  .transform(String);

/** The `telegram` part of the configuration; `secret` is how its secrets are written and read. */
export function telegramOptions(secret: z.ZodType<SecretText>) {
  return z
    .strictObject({
      /** The bot's token, as @BotFather gives it. */
      token: secret,
      /** How messages come in: `webhook` needs an address that Telegram can reach. */
      mode: z.enum(['polling', 'webhook']).default('polling'),
      /** Where Telegram reaches `/webhooks/telegram`, and the secret it must bring. */
      webhook: z.strictObject({ url: z.url({ protocol: /^https?$/ }), secret }).optional(),
      /** A Bot API server of one's own. */
      apiRoot: z
        .url({ protocol: /^https?$/ })
        .transform((url) => url.replace(/\/+$/, ''))
        .optional(),
      /** Chats that get the cards. */
      chats: z.array(ChatId).default([]),
    })
    .refine(({ mode, webhook }) => (mode === 'webhook') === (webhook !== undefined), {
      path: ['webhook'],
      message: 'webhook belongs to mode: webhook, and mode: webhook needs webhook: { url, secret }',
    });
}
export type TelegramOptions = z.output<ReturnType<typeof telegramOptions>>;
