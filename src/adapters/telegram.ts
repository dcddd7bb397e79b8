// Telegram on grammY: long polling or a webhook in, messages with entities out. It translates and
// acknowledges; it knows nothing of approvals, and no token ever leaves it in an error or a log.
import { Api, GrammyError, HttpError } from 'grammy';
import { type Adapter, type Deliver, type Health, PlatformError } from '../bus/adapter.ts';
import type { Card, CardRef, ChatAddress } from '../bus/messages.ts';
import { type TelegramText, telegramParts } from '../guard/telegram-text.ts';
import { pause } from './pause.ts';
import type { AdapterPorts } from './ports.ts';
import { answeredError, BAD_SECRET, BAD_TOKEN, unreachedError } from './telegram-errors.ts';
import type { TelegramOptions } from './telegram-options.ts';
import { readUpdate } from './telegram-updates.ts';
import { isSameSecret, jsonWithin } from './webhook.ts';

const PLATFORM = 'telegram';
const WEBHOOK_PATH = '/webhooks/telegram';
const CALL_TIMEOUT_S = 10;
const POLL_S = 30;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** What is left of a message whose card has become shorter. */
const SHORTER = 'This part is no longer needed: see the first one.';
const WEBHOOK_LIMIT_BYTES = 1024 * 1024;

// grammY's types come from a ponyfill; Node's own signal is what it takes at run time.
type GrammySignal = NonNullable<Parameters<Api['getMe']>[0]>;

/** An adapter for one Telegram bot. */
export function createTelegram(options: TelegramOptions, ports: AdapterPorts): Adapter {
  return new Telegram(options, ports);
}

class Telegram implements Adapter {
  readonly platform = PLATFORM;
  readonly webhook?: NonNullable<Adapter['webhook']>;
  readonly #options: TelegramOptions;
  readonly #ports: AdapterPorts;
  readonly #api: Api;
  readonly #pollApi: Api;
  readonly #inFlight = new Set<Promise<unknown>>();
  #ending = new AbortController();
  #deliver: Deliver | null = null;
  #running: Promise<void> = Promise.resolve();
  /** The bot as Telegram named it: set once it has accepted us. */
  #name: string | null = null;
  #problem: string | null = 'not started yet';
  #offset = 0;

  constructor(options: TelegramOptions, ports: AdapterPorts) {
    this.#options = options;
    this.#ports = ports;
    const token = options.token.reveal();
    const root = options.apiRoot === undefined ? {} : { apiRoot: options.apiRoot };
    this.#api = new Api(token, { ...root, timeoutSeconds: CALL_TIMEOUT_S });
    this.#pollApi = new Api(token, { ...root, timeoutSeconds: POLL_S + CALL_TIMEOUT_S });
    if (options.webhook !== undefined) {
      this.webhook = { path: WEBHOOK_PATH, handle: (request) => this.#handle(request) };
    }
  }

  async start(deliver: Deliver): Promise<void> {
    this.#ending = new AbortController();
    this.#deliver = deliver;
    try {
      await this.#connect();
    } catch (error) {
      if (!(error instanceof PlatformError) || error.kind === 'refused') {
        this.#deliver = null;
        throw error;
      }
      this.#fail(error);
    }
    this.#running = this.#run(deliver);
  }

  /** A long card takes several messages, each an answer to the first one. */
  async send(to: ChatAddress, card: Card, replyTo?: CardRef): Promise<CardRef> {
    const [first, ...more] = this.#parts(card).messages;
    if (first === undefined) throw new Error('a card has no message');
    const ids = [await this.#sendText(to, first, messageIds(replyTo ?? '')[0])];
    for (const text of more) ids.push(await this.#sendText(to, text, ids[0]));
    return ids.join(',');
  }

  async #sendText(
    to: ChatAddress,
    { text, entities }: TelegramText,
    answered: number | undefined,
  ): Promise<number> {
    const sent = await this.#call('sendMessage', (signal) =>
      this.#api.sendMessage(
        to.chat,
        text,
        {
          entities: [...entities],
          link_preview_options: { is_disabled: true },
          ...(answered === undefined
            ? {}
            : { reply_parameters: { message_id: answered, allow_sending_without_reply: true } }),
        },
        signal,
      ),
    );
    return sent.message_id;
  }

  /** The card takes as many messages as it was sent in: what is left over says so. */
  async edit(to: ChatAddress, ref: CardRef, card: Card): Promise<void> {
    const ids = messageIds(ref);
    if (ids.length === 0) throw new PlatformError('refused', `Telegram has no message ${ref}`);
    const { messages } = this.#parts(card, { mostParts: ids.length });
    for (const [at, id] of ids.entries()) {
      await this.#editText(to, id, messages[at] ?? { text: SHORTER, entities: [] });
    }
  }

  async #editText(to: ChatAddress, id: number, { text, entities }: TelegramText): Promise<void> {
    const other = { entities: [...entities], link_preview_options: { is_disabled: true } };
    await this.#call('editMessageText', (signal) =>
      this.#api.editMessageText(to.chat, id, text, other, signal).catch((error: unknown) => {
        const unchanged =
          error instanceof GrammyError && error.description.includes('message is not modified');
        if (!unchanged) throw error;
      }),
    );
  }

  async health(): Promise<Health> {
    if (this.#problem !== null) return { ok: false, detail: this.#problem };
    const connected = `connected as ${this.#name}`;
    if (this.#options.mode === 'polling') return { ok: true, detail: `${connected}, polling` };
    try {
      const info = await this.#call('getWebhookInfo', (signal) => this.#api.getWebhookInfo(signal));
      const waiting = info.pending_update_count;
      if (waiting === 0 || info.last_error_message === undefined) {
        return { ok: true, detail: `${connected}, webhook` };
      }
      const detail = `${waiting} messages wait: Telegram cannot deliver to ${info.url ?? 'the webhook'}: ${info.last_error_message}. Check that address from outside`;
      return { ok: false, detail };
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await Promise.allSettled(this.#inFlight);
    this.#deliver = null;
    this.#problem = 'stopped';
  }

  showsWhole(card: Card): boolean {
    return this.#parts(card).whole;
  }

  #parts(card: Card, limits: { readonly mostParts?: number } = {}) {
    const { marks } = this.#ports;
    return telegramParts(card, marks === undefined ? limits : { ...limits, marks });
  }

  /** Makes sure of the token and of the way in. */
  async #connect(): Promise<void> {
    const { token, webhook } = this.#options;
    if (!/^\d+:[\w-]+$/.test(token.reveal())) throw new PlatformError('refused', BAD_TOKEN);
    if (webhook !== undefined && !/^[\w-]{16,256}$/.test(webhook.secret.reveal())) {
      throw new PlatformError('refused', BAD_SECRET);
    }
    const me = await this.#call('getMe', (signal) => this.#api.getMe(signal));
    if (webhook === undefined) {
      await this.#call('deleteWebhook', (signal) => this.#api.deleteWebhook({}, signal));
    } else {
      // One connection keeps the order; nothing that waited is dropped.
      const how = {
        secret_token: webhook.secret.reveal(),
        max_connections: 1,
        allowed_updates: ['message'] as const,
      };
      await this.#call('setWebhook', (signal) => this.#api.setWebhook(webhook.url, how, signal));
    }
    this.#name = `@${me.username}`;
    this.#problem = null;
    if (!me.can_read_all_group_messages && this.#options.chats.some((id) => id.startsWith('-'))) {
      this.#ports.log(
        `telegram: ${this.#name} has privacy mode on and in groups sees only answers to its own messages; turn it off with /setprivacy at @BotFather, then add the bot to the group again`,
      );
    }
  }

  /** Connects if need be, then receives; never ends before stop() unless Telegram calls us. */
  async #run(deliver: Deliver): Promise<void> {
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (this.#name === null) await this.#connect();
        if (this.webhook !== undefined) return;
        await this.#receive(deliver);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const retryMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
        failures += 1;
        await pause(this.#ports.clock, Math.max(retryMs, this.#fail(error) ?? 0), signal);
      }
    }
  }

  /**
   * One getUpdates. Its offset confirms what was delivered before, and only that: where `deliver`
   * rejects, the same update and all after it come again. What stop() leaves unconfirmed comes
   * again at the next start, under the same id.
   */
  async #receive(deliver: Deliver): Promise<void> {
    const how = { offset: this.#offset, timeout: POLL_S, allowed_updates: ['message'] as const };
    const updates = await this.#call('getUpdates', (signal) =>
      this.#pollApi.getUpdates(how, signal),
    );
    for (const update of updates) {
      if (this.#ending.signal.aborted) return;
      await this.#take(update, deliver);
      this.#offset = update.update_id + 1;
    }
    this.#problem = null;
  }

  async #take(update: unknown, deliver: Deliver): Promise<void> {
    const read = readUpdate(update);
    if (!read.ok) this.#ports.log('telegram: passed over an update that cannot be read');
    if (!read.ok || read.message === null) return;
    try {
      await deliver(read.message);
    } catch (cause) {
      const what = `message ${read.message.eventId} could not be recorded and will be taken again`;
      throw new PlatformError('unreachable', what, { cause });
    }
  }

  async #handle(request: Request): Promise<Response> {
    const status = await this.#answer(request);
    return new Response(null, { status, headers: status === 405 ? { allow: 'POST' } : {} });
  }

  async #answer(request: Request): Promise<number> {
    if (request.method !== 'POST') return 405;
    const secret = request.headers.get('x-telegram-bot-api-secret-token');
    if (!isSameSecret(secret, this.#options.webhook?.secret.reveal() ?? '')) return 401;
    const body = await jsonWithin(request, WEBHOOK_LIMIT_BYTES);
    if (!body.ok) return body.why === 'too_large' ? 413 : 400;
    const deliver = this.#deliver;
    if (deliver === null || this.#ending.signal.aborted) return 503;
    const taking = this.#take(body.value, deliver);
    this.#inFlight.add(taking);
    try {
      await taking;
      this.#problem = null;
      return 200;
    } catch (error) {
      this.#fail(error);
      return 500;
    } finally {
      this.#inFlight.delete(taking);
    }
  }

  async #call<T>(method: string, run: (signal: GrammySignal) => Promise<T>): Promise<T> {
    try {
      return await run(this.#ending.signal as GrammySignal);
    } catch (error) {
      if (!(error instanceof GrammyError)) {
        throw unreachedError(method, error instanceof HttpError ? error.error : error);
      }
      const said = error.description.replaceAll(this.#options.token.reveal(), '[token]');
      throw answeredError(method, error.error_code, said, error.parameters);
    }
  }

  /** Notes what is wrong, says it once, and gives the platform's own wish when to try again. */
  #fail(error: unknown): number | null {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#problem) this.#ports.log(`telegram: ${problem}`);
    this.#problem = problem;
    return error instanceof PlatformError ? error.retryAfterMs : null;
  }
}

/** The messages of a card; none where the reference is not ours. */
function messageIds(ref: CardRef): number[] {
  return /^[1-9]\d{0,14}(?:,[1-9]\d{0,14}){0,9}$/.test(ref) ? ref.split(',').map(Number) : [];
}
