// What crabline cannot show of the Telegram adapter: refusals, limits, updates in nobody's name.
import { inspect } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { createTelegram } from '../../src/adapters/telegram.ts';
import { type Adapter, PlatformError } from '../../src/bus/adapter.ts';
import type { Card, ChatAddress } from '../../src/bus/messages.ts';
import { Received } from '../contract/adapter.ts';
import { type Answer, type BotApi, startBotApi } from './bot-api.ts';
import { hastyClock } from './hasty-clock.ts';

const TOKEN = '42:AAE-a-token-that-nobody-may-see_0123456789';
const CHAT: ChatAddress = { platform: 'telegram', chat: '-100987' };
const CARD: Card = { blocks: [{ kind: 'code', text: 'id' }] };

interface Reply {
  readonly message_id: number;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0).reverse()) await end();
});

async function botApi(...given: Parameters<typeof startBotApi>): Promise<BotApi> {
  const api = await startBotApi(...given);
  ends.push(() => api.close());
  return api;
}

function telegram(apiRoot: string, logged: string[] = [], token = TOKEN): Adapter {
  const adapter = createTelegram(
    { token: { reveal: () => token }, mode: 'polling', apiRoot, chats: [CHAT.chat] },
    { clock: hastyClock(), log: (line) => logged.push(line) },
  );
  ends.push(() => adapter.stop());
  return adapter;
}

async function failure(promise: Promise<unknown>): Promise<PlatformError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (each: unknown) => each,
  );
  expect(error).toBeInstanceOf(PlatformError);
  return error as PlatformError;
}

const refusing = (method: string, answer: Answer) => (asked: string) =>
  asked === method ? answer : undefined;

it.each([
  { code: 401, description: 'Unauthorized' },
  { code: 404, description: 'Not Found' },
])(
  'rejects start() for a token that Telegram does not take ($code), and says what to do',
  async (answer) => {
    const api = await botApi(refusing('getMe', answer));
    const error = await failure(telegram(api.apiRoot).start(new Received().deliver));
    expect({ kind: error.kind, message: error.message }).toEqual({
      kind: 'refused',
      message:
        'Telegram does not accept the token: check telegram.token, or get a new one from @BotFather (/token)',
    });
  },
);

it('rejects start() for a token that cannot be one, without sending it anywhere', async () => {
  const api = await botApi();
  const error = await failure(telegram(api.apiRoot, [], 'a/../b').start(new Received().deliver));
  expect(error.kind).toBe('refused');
  expect(api.asked).toEqual([]);
});

it('starts while Telegram is away, says so in health, and connects when it is back', async () => {
  const away = await startBotApi();
  const { apiRoot } = away;
  await away.close();
  const adapter = telegram(apiRoot);
  const received = new Received();
  await adapter.start(received.deliver);
  expect(await adapter.health()).toEqual({
    ok: false,
    detail: 'Telegram was not reached for getMe: ECONNREFUSED',
  });
  const back = await botApi(undefined, Number(new URL(apiRoot).port));
  back.updates = [update(1, { text: 'here' })];
  expect((await received.count(1))[0]?.text).toBe('here');
  await vi.waitFor(async () => expect((await adapter.health()).ok).toBe(true));
});

it('reports that another program uses the token, and goes on when it is gone', async () => {
  let conflict = true;
  const description = 'Conflict: terminated by other getUpdates request';
  const api = await botApi((method) =>
    method === 'getUpdates' && conflict ? { code: 409, description } : undefined,
  );
  api.updates = [update(1, { text: 'here' })];
  const logged: string[] = [];
  const adapter = telegram(api.apiRoot, logged);
  const received = new Received();
  await adapter.start(received.deliver);
  const detail = `this token is used elsewhere (${description}): stop the other program or its webhook, or give each program its own bot`;
  await vi.waitFor(async () => expect(await adapter.health()).toEqual({ ok: false, detail }));
  conflict = false;
  await received.count(1);
  expect(logged.filter((line) => line.includes(detail))).toEqual([`telegram: ${detail}`]);
});

it('says when Telegram wants to be left alone for a while', async () => {
  const answer = { code: 429, description: 'Too Many Requests', parameters: { retry_after: 7 } };
  const api = await botApi(refusing('sendMessage', answer));
  const error = await failure(telegram(api.apiRoot).send(CHAT, CARD));
  expect([error.kind, error.retryAfterMs]).toEqual(['unreachable', 7_000]);
});

it.each([
  [{ code: 403, description: 'Forbidden: bot was kicked' }, 'refused', null],
  [{ code: 400, description: 'Bad Request: chat not found' }, 'refused', null],
  [{ code: 401, description: 'Unauthorized' }, 'unreachable', 30_000],
  [{ code: 429, description: 'Too Many Requests' }, 'unreachable', null],
  [{ code: 502, description: 'Bad Gateway' }, 'unreachable', null],
  [{ html: '<h1>502</h1>' }, 'unreachable', null],
  [
    { code: 400, description: 'upgraded', parameters: { migrate_to_chat_id: -1005 } },
    'refused',
    null,
  ],
] as [Answer, string, number | null][])(
  'tells %j apart from the others',
  async (answer, kind, retryAfterMs) => {
    const api = await botApi(refusing('sendMessage', answer));
    const error = await failure(telegram(api.apiRoot).send(CHAT, CARD));
    expect([error.kind, error.retryAfterMs]).toEqual([kind, retryAfterMs]);
    if (kind === 'refused' && 'parameters' in (answer as object)) {
      expect(error.message).toContain("the group's id is now -1005");
    }
  },
);

it('never shows the token, whatever fails', async () => {
  const logged: string[] = [];
  const closed = await startBotApi();
  await closed.close();
  const repeats = await botApi(refusing('sendMessage', { code: 400, description: `bad ${TOKEN}` }));
  const junk = await botApi(refusing('sendMessage', { html: TOKEN }));
  for (const { apiRoot } of [closed, repeats, junk]) {
    const adapter = telegram(apiRoot, logged);
    await adapter.start(new Received().deliver);
    const error = await failure(adapter.send(CHAT, CARD));
    const health = await adapter.health();
    expect(
      inspect([error, error.cause, error.stack, health, adapter], { depth: 12, showHidden: true }),
    ).not.toContain(TOKEN);
  }
  expect(logged.join('\n')).not.toContain(TOKEN);
});

it('takes an edit that changes nothing as done, and one of a message that is gone as refused', async () => {
  const unchanged = await botApi(
    refusing('editMessageText', {
      code: 400,
      description:
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same',
    }),
  );
  await telegram(unchanged.apiRoot).edit(CHAT, '7', CARD);
  const gone = await botApi(
    refusing('editMessageText', {
      code: 400,
      description: 'Bad Request: message to edit not found',
    }),
  );
  expect((await failure(telegram(gone.apiRoot).edit(CHAT, '7', CARD))).kind).toBe('refused');
  expect((await failure(telegram(gone.apiRoot).edit(CHAT, 'x', CARD))).kind).toBe('refused');
});

it('gives up a call after ten seconds of silence', async () => {
  const api = await botApi(refusing('sendMessage', 'silence'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sending = failure(telegram(api.apiRoot).send(CHAT, CARD));
  while (api.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(10_000);
  expect((await sending).message).toBe(
    'Telegram was not reached for sendMessage: no answer in time',
  );
});

it('sends plain text with entities, without previews and without a parse mode', async () => {
  const api = await botApi();
  const ref = await telegram(api.apiRoot).send(CHAT, CARD, '5');
  expect(ref).toBe('7');
  expect(api.asked).toEqual([
    {
      method: 'sendMessage',
      body: {
        chat_id: '-100987',
        text: 'id',
        entities: [{ type: 'pre', offset: 0, length: 2 }],
        link_preview_options: { is_disabled: true },
        reply_parameters: { message_id: 5, allow_sending_without_reply: true },
      },
    },
  ]);
});

it('sends a long card in several messages, and edits all of them', async () => {
  let id = 100;
  const api = await botApi((method) => {
    if (method !== 'sendMessage') return undefined;
    id += 1;
    return { result: { message_id: id, date: 1, chat: { id: -1, type: 'group' } } };
  });
  const adapter = telegram(api.apiRoot);
  const long: Card = { blocks: [{ kind: 'code', text: 'x'.repeat(9_000) }] };
  expect(await adapter.send(CHAT, long, '5,6')).toBe('101,102,103');
  const replies = api.asked.map(({ body }) => (body['reply_parameters'] as Reply).message_id);
  expect(replies).toEqual([5, 101, 101]);
  const edits = async (card: Card, ref: string) => {
    const before = api.asked.length;
    await adapter.edit(CHAT, ref, card);
    return api.asked
      .slice(before)
      .map(({ body }) => [body['message_id'], String(body['text']).slice(0, 11)]);
  };
  expect(await edits(long, '101,102,103')).toEqual([
    [101, 'part 1 of 3'],
    [102, 'part 2 of 3'],
    [103, 'part 3 of 3'],
  ]);
  expect(await edits(CARD, '101,102')).toEqual([
    [101, 'id'],
    [102, 'This part i'],
  ]);
  // There is one message alone: it says that it is cut.
  await adapter.edit(CHAT, '101', long);
  expect(api.asked.at(-1)?.body['text']).toContain('Not shown whole');
});

it('delivers nothing that was said in nobody’s name, and passes over what it cannot read', async () => {
  const api = await botApi();
  const approve = '!approve K7Q2M';
  const logged: string[] = [];
  api.updates = [
    { update_id: 1, edited_message: message({ text: approve }) },
    { update_id: 2, channel_post: message({ text: approve }) },
    update(3, { text: approve, from: { id: 9, is_bot: true, first_name: 'Bot' } }),
    update(4, { text: approve, from: { id: 1087968824, is_bot: false, first_name: 'Group' } }),
    update(5, { text: approve, sender_chat: { id: -1, type: 'channel' } }),
    update(6, { text: approve, via_bot: { id: 9 } }),
    update(7, { text: approve, forward_origin: { type: 'user' } }),
    update(8, { text: approve, chat: { id: -5, type: 'channel' } }),
    update(9, { photo: [], caption: approve }),
    { update_id: 10, message: message({ text: approve, from: undefined }) },
    { update_id: 11, message: { text: 5 } },
    { update_id: 12, callback_query: { data: approve } },
    update(13, { text: 'a\0b', reply_to_message: message({}) }),
  ];
  const received = new Received();
  await telegram(api.apiRoot, logged).start(received.deliver);
  await received.count(1);
  expect(received.attempts).toEqual([
    {
      eventId: '13',
      sender: 'telegram:5',
      senderName: 'Ada Lovelace',
      from: { platform: 'telegram', chat: '5' },
      text: 'a\uFFFDb',
      ref: '3',
      replyTo: '3',
    },
  ]);
  expect(logged).toContain('telegram: passed over an update that cannot be read');
  await vi.waitFor(() => expect(api.updates).toEqual([]));
});

it('tells that privacy mode hides what is said in a group', async () => {
  const api = await botApi();
  const logged: string[] = [];
  await telegram(api.apiRoot, logged).start(new Received().deliver);
  expect(logged.join()).toContain('/setprivacy');
});

function message(fields: Record<string, unknown>): Record<string, unknown> {
  return {
    message_id: 3,
    from: { id: 5, is_bot: false, first_name: 'Ada', last_name: 'Lovelace' },
    chat: { id: 5, type: 'private' },
    ...fields,
  };
}

function update(id: number, fields: Record<string, unknown>) {
  return { update_id: id, message: message(fields) };
}
