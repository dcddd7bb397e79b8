// Telegram as crabline has it, behind a proxy that records every call with its answer and can be
// switched off. tests/peers holds crabline; without it these tests are skipped by name.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTelegram } from '../../src/adapters/telegram.ts';
import type { TelegramOptions } from '../../src/adapters/telegram-options.ts';
import type { Adapter } from '../../src/bus/adapter.ts';
import type { TelegramEntity } from '../../src/guard/telegram-text.ts';
import type { AdapterPeer, Shown } from '../contract/adapter.ts';
import { liveParts } from '../guard/autolink-model.ts';
import { hastyClock } from './hasty-clock.ts';

const entry = new URL(
  '../peers/node_modules/@openclaw/crabline/dist/src/index.js',
  import.meta.url,
);

/** Why the tests on crabline cannot run, or null. */
export const missing = existsSync(entry)
  ? null
  : 'tests/peers is not installed: npm ci --prefix tests/peers';

interface CrablineServer {
  readonly manifest: {
    readonly adminToken: string;
    readonly botToken: string;
    readonly endpoints: { readonly adminInboundUrl: string; readonly apiRoot: string };
  };
  close(): Promise<void>;
}
interface Crabline {
  startTelegramServer(options: { recorderPath: string }): Promise<CrablineServer>;
}

export const CHAT = '-1001234567890';
export const PERSON = 777123;
export const SECRET = 'a-webhook-secret-of-some-length';

/** One call of the Bot API that Telegram answered. */
interface Call {
  readonly method: string;
  readonly body: Record<string, unknown>;
  readonly result: unknown;
  readonly ok: boolean;
}

export interface TelegramPeer extends AdapterPeer {
  readonly calls: readonly Call[];
  readonly options: TelegramOptions;
  readonly logged: readonly string[];
  /** Where crabline delivers in webhook mode. */
  readonly webhookUrl: string;
  /** PERSON writes, or somebody else. */
  say(text: string, from?: number): Promise<void>;
}

export async function telegramPeer(mode: 'polling' | 'webhook'): Promise<TelegramPeer> {
  const { startTelegramServer } = (await import(entry.href)) as Crabline;
  const folder = await mkdtemp(join(tmpdir(), 'countersign-crabline-'));
  const server = await startTelegramServer({ recorderPath: join(folder, 'calls.jsonl') });
  const { manifest } = server;
  const proxy = new RecordingProxy(manifest.endpoints.apiRoot);
  const apiRoot = await proxy.listen();
  const logged: string[] = [];
  let current: Adapter;
  const gateway = await webhookGateway(() => current);
  const options: TelegramOptions = {
    token: { reveal: () => manifest.botToken },
    mode,
    webhook:
      mode === 'webhook' ? { url: gateway.url, secret: { reveal: () => SECRET } } : undefined,
    apiRoot,
    chats: [CHAT],
  };
  const make = () => {
    current = createTelegram(options, { clock: hastyClock(), log: (line) => logged.push(line) });
    return current;
  };
  return {
    adapter: make(),
    restarted: make,
    chat: { platform: 'telegram', chat: CHAT },
    sender: `telegram:${PERSON}`,
    calls: proxy.calls,
    options,
    logged,
    webhookUrl: gateway.url,
    shown: () => Promise.resolve(shownBy(proxy.calls)),
    outage: { begin: () => proxy.close(), end: () => proxy.listen().then(() => undefined) },
    async say(text, from = PERSON) {
      const answer = await fetch(manifest.endpoints.adminInboundUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-crabline-admin-token': manifest.adminToken,
        },
        body: JSON.stringify({ chatId: CHAT, text, fromId: from, fromName: 'Ada' }),
      });
      if (!answer.ok) throw new Error(`crabline did not take the message: ${await answer.text()}`);
    },
    async close() {
      await Promise.all([proxy.close(), gateway.close()]);
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What is in the chat after these calls. */
function shownBy(calls: readonly Call[]): Shown[] {
  const shown = new Map<string, Shown>();
  for (const { method, body, result, ok } of calls) {
    if (!ok || (method !== 'sendMessage' && method !== 'editMessageText')) continue;
    const edited = method === 'editMessageText';
    const ref = String(edited ? body['message_id'] : (result as { message_id: number }).message_id);
    const reply = body['reply_parameters'] as { message_id: number } | undefined;
    const text = String(body['text']);
    const entities = body['entities'] as TelegramEntity[];
    const slice = ({ offset, length }: TelegramEntity) => text.slice(offset, offset + length);
    shown.set(ref, {
      ref,
      text,
      code: entities.filter(({ type }) => type === 'pre').map(slice),
      live: [
        ...Object.keys(body).filter((key) => key === 'parse_mode' || key === 'reply_markup'),
        ...entities.filter(({ type }) => !/^(bold|blockquote|code|pre)$/.test(type)).map(slice),
        ...liveParts(text, entities),
      ],
      replyTo: reply === undefined ? null : String(reply.message_id),
    });
  }
  return [...shown.values()];
}

class RecordingProxy {
  readonly calls: Call[] = [];
  readonly #target: string;
  #server: Server | null = null;
  #port = 0;

  constructor(target: string) {
    this.#target = target;
  }

  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      this.#forward(request, gone.signal).then(
        ({ status, text }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(text);
        },
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  async #forward(
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const body = (await bodyOf(request)).toString();
    const answer = await fetch(`${this.#target}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
    });
    const text = await answer.text();
    const { ok, result } = JSON.parse(text) as { ok: boolean; result?: unknown };
    const method = request.url?.split('/').at(-1) ?? '';
    this.calls.push({ method, body: JSON.parse(body), result, ok });
    return { status: answer.status, text };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What the gateway does with webhooks: the request to the adapter, its answer back. */
async function webhookGateway(adapter: () => Adapter) {
  const server = createServer((request, response) => {
    void (async () => {
      const answer = await adapter().webhook?.handle(
        new Request(`http://gateway${request.url}`, {
          method: request.method ?? 'GET',
          headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
          ...(request.method === 'POST' ? { body: await bodyOf(request) } : {}),
        }),
      );
      response.writeHead(answer?.status ?? 404).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/telegram`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
