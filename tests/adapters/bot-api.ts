// A Bot API server that answers as a test says: for what crabline does not do (401, 409, 429, edits
// refused, updates of bots and channels, answers that are no JSON, silence).
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer =
  | { readonly result: unknown }
  | { readonly code: number; readonly description: string; readonly parameters?: object }
  | { readonly html: string }
  | 'silence';

export interface BotApi {
  readonly apiRoot: string;
  /** What was asked so far: method and body. */
  readonly asked: { readonly method: string; readonly body: Record<string, unknown> }[];
  /** Updates still to be had; what is below the offset asked for is gone. */
  updates: { update_id: number; [field: string]: unknown }[];
  close(): Promise<void>;
}

/** `answer` gives the answer of one call; undefined leaves it to the usual ones. */
export async function startBotApi(
  answer: (method: string, body: Record<string, unknown>) => Answer | undefined = () => undefined,
  port = 0,
): Promise<BotApi> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const method = request.url?.split('/').at(-1) ?? '';
      api.asked.push({ method, body });
      const said = answer(method, body) ?? usual(api, method, body);
      if (said === 'silence') return;
      if ('html' in said) {
        response.writeHead(502, { 'content-type': 'text/html' }).end(said.html);
        return;
      }
      const reply =
        'result' in said
          ? { ok: true, result: said.result }
          : { ok: false, error_code: said.code, description: said.description };
      const parameters = 'parameters' in said ? { parameters: said.parameters } : {};
      // A poll without news waits, or the adapter would spin.
      if (method === 'getUpdates' && 'result' in said && (said.result as unknown[]).length === 0) {
        const timer = setTimeout(() => response.end(JSON.stringify(reply)), 20);
        response.on('close', () => clearTimeout(timer));
        return;
      }
      response.end(JSON.stringify({ ...reply, ...parameters }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const api: BotApi = {
    apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    updates: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}

function usual(api: BotApi, method: string, body: Record<string, unknown>): Answer {
  switch (method) {
    case 'getMe':
      return { result: { id: 42, is_bot: true, first_name: 'Bot', username: 'countersign_bot' } };
    case 'getUpdates': {
      const offset = Number(body['offset'] ?? 0);
      api.updates = api.updates.filter(({ update_id }) => update_id >= offset);
      return { result: api.updates };
    }
    case 'sendMessage':
      return { result: { message_id: 7, date: 0, chat: { id: 1, type: 'private' } } };
    default:
      return { result: true };
  }
}
