// The Telegram adapter against crabline's Bot API server, polling and by webhook.
import { describe, expect, it } from 'vitest';
import { adapterContract, Received } from '../contract/adapter.ts';
import { missing, SECRET, telegramPeer } from './telegram-peer.ts';

if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);

describe.skipIf(missing !== null)(`on crabline${missing === null ? '' : ` (${missing})`}`, () => {
  const HAS = { waiting: true, outages: true, threads: true };
  adapterContract('Telegram, polling,', () => telegramPeer('polling'), HAS);
  adapterContract('Telegram, by webhook,', () => telegramPeer('webhook'), HAS);

  it('confirms an update only after it was recorded', async () => {
    const peer = await telegramPeer('polling');
    try {
      const received = new Received();
      received.refuse = 1;
      await peer.adapter.start(received.deliver);
      await peer.say('first');
      await peer.say('second');
      await received.count(2);
      await peer.adapter.stop();
      const second = received.messages[1]?.eventId;
      const polls = peer.calls.filter(({ method }) => method === 'getUpdates');
      const offsets = polls.map(({ body }) => Number(body['offset']));
      // Never past a message that was not yet taken.
      expect(Math.max(...offsets)).toBeLessThanOrEqual(Number(second) + 1);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    } finally {
      await peer.close();
    }
  });

  it('takes a webhook with the right secret only, and answers for what became of it', async () => {
    const peer = await telegramPeer('webhook');
    try {
      const received = new Received();
      await peer.adapter.start(received.deliver);
      const update = {
        update_id: 4711,
        message: {
          message_id: 9,
          text: '!approve K7Q2M',
          from: { id: 5, is_bot: false, first_name: 'Eve' },
          chat: { id: 5, type: 'private' },
          reply_to_message: { message_id: 8 },
        },
      };
      const post = async (secret: string | null, body: string, method = 'POST') => {
        const answer = await fetch(peer.webhookUrl, {
          method,
          headers: secret === null ? {} : { 'x-telegram-bot-api-secret-token': secret },
          ...(method === 'POST' ? { body } : {}),
        });
        return answer.status;
      };
      const good = JSON.stringify(update);
      expect(await post(null, good)).toBe(401);
      expect(await post('', good)).toBe(401);
      expect(await post(`${SECRET}x`, good)).toBe(401);
      expect(await post(SECRET.slice(1), good)).toBe(401);
      expect(await post(SECRET, good, 'GET')).toBe(405);
      expect(await post(SECRET, '{"update_id":')).toBe(400);
      expect(await post(SECRET, ' '.repeat(2 * 1024 * 1024))).toBe(413);
      expect(received.attempts).toEqual([]);
      received.refuse = 1;
      expect(await post(SECRET, good)).toBe(500);
      expect(await post(SECRET, good)).toBe(200);
      expect(await post(SECRET, good)).toBe(200);
      const message = {
        eventId: '4711',
        sender: 'telegram:5',
        senderName: 'Eve',
        from: { platform: 'telegram', chat: '5' },
        text: '!approve K7Q2M',
        ref: '9',
        replyTo: '8',
      };
      expect(received.attempts).toEqual([message, message, message]);
      await peer.adapter.stop();
      expect(await post(SECRET, good)).toBe(503);
      expect(received.attempts).toHaveLength(3);
    } finally {
      await peer.close();
    }
  });
});
