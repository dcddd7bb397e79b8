// The built program with Telegram as its configuration says: cards in, answers back, strangers left
// alone, and each update acted on once however often it comes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type BotApi, startBotApi } from '../adapters/bot-api.ts';
import {
  CHAT,
  missing,
  PERSON,
  SECRET,
  type TelegramPeer,
  telegramPeer,
} from '../adapters/telegram-peer.ts';
import { requireService } from '../services.ts';
import { type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);

const bubblewrap = requireService('bubblewrap');
const STRANGER = 999_001;
const SOON = { timeout: 60_000, interval: 50 };
const people = [
  { id: 'console:local', roles: ['owner'] },
  { id: `telegram:${PERSON}`, roles: ['approver', 'policy'] },
];

function withTelegram(token: string, options: Record<string, unknown>): Promise<Plane> {
  return startPlane({
    config: {
      approvers: people,
      adapters: { telegram: { token: { env: 'CS_TELEGRAM' }, chats: [CHAT], ...options } },
    },
    env: { CS_TELEGRAM: token, CS_HOOK: SECRET },
  });
}

describe.skipIf(missing !== null || !bubblewrap.available)(
  `on crabline${missing === null ? bubblewrap.note : ` (skipped: ${missing})`}`,
  () => {
    let peer: TelegramPeer;
    let plane: Plane;

    beforeAll(async () => {
      peer = await telegramPeer('polling');
      const { token, apiRoot } = peer.options;
      plane = await withTelegram(token.reveal(), { apiRoot });
    });
    afterAll(async () => {
      await plane?.close();
      await endAll();
      await peer?.close();
    });

    /** The texts in the chat that match. */
    const texts = async (pattern: RegExp) =>
      (await peer.shown()).map(({ text }) => text).filter((text) => pattern.test(text));

    it('a card comes in, `!approve` goes back, the result is shown and the card kept up to date', async () => {
      const { id, run } = await plane.asks(['--reason', 'to know', '--', 'uname', '-s']);
      const waits = new RegExp(`${id} waits for approval[\\s\\S]*uname -s`);
      await expect.poll(() => texts(waits), SOON).toHaveLength(1);
      const [card] = (await peer.shown()).filter(({ text }) => waits.test(text));
      expect(card?.code).toEqual(['uname -s']);
      expect(card?.text).toContain('to know');
      await peer.say(`!approve ${id}`);
      const { code, stdout } = await run.ended();
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'Linux\n' });
      await expect
        .poll(() => texts(new RegExp(`${id} is approved by telegram:${PERSON}`)), SOON)
        .toHaveLength(1);
      // One card, edited, and beside it one result.
      await expect.poll(() => texts(new RegExp(`${id} succeeded`)), SOON).toHaveLength(2);
      expect(await texts(waits)).toEqual([]);
      const result = await texts(/Its output:/);
      expect(result).toEqual([expect.stringMatching(/Its output:\s+Linux/)]);
      const after = (await peer.shown()).find(({ ref }) => ref === card?.ref);
      expect(after?.text).toContain(`approved by telegram:${PERSON}`);
    });

    it("a stranger's `!approve` does nothing, gets no reply, and is on the record", async () => {
      const { id } = await plane.submit(['uname', '-r']);
      await expect.poll(() => texts(new RegExp(`${id} waits for approval`)), SOON).toHaveLength(1);
      const before = (await peer.shown()).length;
      await peer.say(`!approve ${id}`, STRANGER);
      await peer.say('!whoami');
      // Updates come in order: when this is answered, the stranger's has been dealt with.
      await expect.poll(() => texts(/You are telegram:/), SOON).toHaveLength(1);
      expect((await peer.shown()).length).toBe(before + 1);
      const { stdout } = await plane.command(['pending', '--json']);
      expect(stdout).toContain(id);
      const entries = await plane.command([
        'audit',
        'list',
        '--json',
        '--type',
        'chat.stranger-ignored',
      ]);
      const [entry, ...more] = JSON.parse(entries.stdout).entries;
      expect(more).toEqual([]);
      expect(entry.body).toMatchObject({
        actor: `telegram:${STRANGER}`,
        data: { platform: 'telegram', chat: CHAT, text: `!approve ${id}` },
      });
      await peer.say(`!reject ${id} not needed`);
      expect(await plane.outcome(id)).toMatchObject({
        state: 'rejected',
        decision: { actor: `telegram:${PERSON}`, reason: 'not needed' },
      });
    });

    it('what is asked for there is answered there, and approved by somebody else', async () => {
      await peer.say('!run uname -o');
      const waits = /([0-9A-Z]{5}) waits for approval[\s\S]*uname -o/;
      await expect.poll(() => texts(waits), SOON).toHaveLength(1);
      const [, id = ''] = waits.exec((await texts(waits))[0] ?? '') ?? [];
      await peer.say(`!approve ${id}`);
      await expect.poll(() => texts(/You asked for \w+ yourself/), SOON).toHaveLength(1);
      await plane.say(`!approve ${id}`, /is approved by console:local/);
      await expect.poll(() => texts(/Its output:\s+GNU\/Linux/), SOON).toHaveLength(1);
    });

    it('a kill -9 while a card waits: the answer that came meanwhile is taken, once', async () => {
      const { id } = await plane.submit(['sh', '-c', 'echo ran >> count']);
      await expect.poll(() => texts(new RegExp(`${id} waits for approval`)), SOON).toHaveLength(1);
      await plane.kill('SIGKILL');
      await peer.say(`!approve ${id}`);
      await plane.start();
      expect(await plane.outcome(id)).toMatchObject({ state: 'succeeded' });
      await expect.poll(() => texts(new RegExp(`${id} succeeded`)), SOON).toHaveLength(2);
      expect(await plane.fileText('count')).toBe('ran\n');
    });

    it('a kill -9 while it runs: the chat is told, once, that somebody must look', async () => {
      const { id, run } = await plane.asks(['--', 'sh', '-c', 'echo begun; sleep 1000']);
      await expect.poll(() => texts(new RegExp(`${id} waits for approval`)), SOON).toHaveLength(1);
      await peer.say(`!approve ${id}`);
      await run.until(/begun/);
      await plane.kill('SIGKILL');
      await plane.start();
      expect((await run.ended()).code).toBe(1);
      const page = new RegExp(`Look at ${id}: nobody knows how it ended`);
      await expect.poll(() => texts(page), SOON).toHaveLength(1);
      await expect.poll(() => texts(new RegExp(`${id}: outcome unknown`)), SOON).toHaveLength(2);
      expect(await texts(page)).toHaveLength(1);
    });
  },
);

/** An update as Telegram sends it. */
function update(id: number, text: string) {
  return {
    update_id: id,
    message: {
      message_id: id,
      text,
      from: { id: PERSON, is_bot: false, first_name: 'Ada' },
      chat: { id: Number(CHAT), type: 'supergroup' },
    },
  };
}

describe.skipIf(!bubblewrap.available)(`the same update again${bubblewrap.note}`, () => {
  const token = '4711:an-invented-token';
  let api: BotApi;
  /** What the next polls answer, whatever their offset. */
  const polls: unknown[][] = [];
  let plane: Plane | undefined;

  beforeAll(async () => {
    let messages = 100;
    api = await startBotApi((method): Answer | undefined => {
      if (method === 'getUpdates') return { result: polls.shift() ?? [] };
      if (method !== 'sendMessage') return undefined;
      messages += 1;
      return {
        result: { message_id: messages, date: 0, chat: { id: Number(CHAT), type: 'supergroup' } },
      };
    });
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
    await api?.close();
  });

  const sent = (pattern: RegExp) =>
    api.asked.filter(({ method, body }) => {
      return method === 'sendMessage' && pattern.test(String(body['text']));
    }).length;
  const submitted = async () => {
    const listed = await plane?.command(['history', '--json']);
    return JSON.parse(listed?.stdout ?? '').approvals.length as number;
  };

  it('by polling: acts once, also across a kill -9', async () => {
    plane = await withTelegram(token, { apiRoot: api.apiRoot });
    const run = update(501, '!run uname -n');
    polls.push([run], [run, run], [update(502, '!pending')]);
    await expect.poll(() => sent(/Waiting for approval/), SOON).toBe(1);
    expect(await submitted()).toBe(1);
    await plane.kill('SIGKILL');
    await plane.start();
    polls.push([run], [update(502, '!pending'), update(503, '!whoami')]);
    await expect.poll(() => sent(/You are telegram:/), SOON).toBe(1);
    expect(await submitted()).toBe(1);
    expect(sent(/Waiting for approval/)).toBe(1);
    await plane.close();
  });

  it('by webhook: acts once, and takes nothing without the secret', async () => {
    plane = await withTelegram(token, {
      apiRoot: api.apiRoot,
      mode: 'webhook',
      webhook: { url: 'https://bot.example/webhooks/telegram', secret: { env: 'CS_HOOK' } },
    });
    const post = async (secret: string) => {
      const answer = await plane?.api('POST', '/webhooks/telegram', {
        token: '',
        headers: { 'x-telegram-bot-api-secret-token': secret, host: 'bot.example' },
        body: update(601, '!run uname -v'),
      });
      return answer?.status;
    };
    expect(await post('wrong')).toBe(401);
    expect(await submitted()).toBe(0);
    expect([await post(SECRET), await post(SECRET)]).toEqual([200, 200]);
    await expect.poll(() => sent(/uname -v/), SOON).toBe(1);
    expect(await submitted()).toBe(1);
    const hook = api.asked.find(({ method }) => method === 'setWebhook');
    expect(hook?.body).toMatchObject({
      url: 'https://bot.example/webhooks/telegram',
      secret_token: SECRET,
    });
  });
});
