// What the registry gives the configuration, and that every adapter lets go of everything.
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { registry } from '../../src/adapters/registry.ts';
import { systemClock } from '../../src/bus/clock.ts';
import { type BotApi, startBotApi } from './bot-api.ts';

const secret = z.object({ env: z.string() }).transform(({ env }) => ({ reveal: () => `${env}!` }));
const options = registry.telegram.options(secret);

describe('the options of telegram', () => {
  it('need a token by reference, poll by default, and take chat ids as numbers or text', () => {
    const read = options.parse({ token: { env: 'T' }, chats: [-1001234567890, '42'] });
    expect({ ...read, token: read.token.reveal() }).toEqual({
      token: 'T!',
      mode: 'polling',
      chats: ['-1001234567890', '42'],
    });
  });

  it('take a webhook and a server of one’s own, without the slash at its end', () => {
    const read = options.parse({
      token: { env: 'T' },
      mode: 'webhook',
      webhook: { url: 'https://bot.example/webhooks/telegram', secret: { env: 'S' } },
      apiRoot: 'http://127.0.0.1:8081/',
    });
    expect([read.webhook?.url, read.webhook?.secret.reveal(), read.apiRoot]).toEqual([
      'https://bot.example/webhooks/telegram',
      'S!',
      'http://127.0.0.1:8081',
    ]);
  });

  it.each([
    ['a token written out', { token: '42:abc' }, ['token']],
    ['a misspelt key', { token: { env: 'T' }, chat: [] }, []],
    ['a chat by name', { token: { env: 'T' }, chats: ['@ops'] }, ['chats', 0]],
    ['a mode without its address', { token: { env: 'T' }, mode: 'webhook' }, ['webhook']],
    [
      'an address without its mode',
      { token: { env: 'T' }, webhook: { url: 'https://a.example', secret: { env: 'S' } } },
      ['webhook'],
    ],
    ['a server that is no address', { token: { env: 'T' }, apiRoot: 'ftp://a' }, ['apiRoot']],
  ])('refuse %s', (_, given, path) => {
    const read = options.safeParse(given);
    expect(read.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

it('names every platform by its adapter’s own name', () => {
  const ports = { clock: systemClock, log: () => undefined };
  const telegram = registry.telegram.create(options.parse({ token: { env: 'T' } }), ports);
  expect(Object.keys(registry)).toEqual([telegram.platform]);
});

describe('stop() lets go of everything', () => {
  let api: BotApi;
  beforeAll(async () => {
    api = await startBotApi();
  });
  afterAll(() => api.close());

  it.each(['telegram', 'console'])('%s: the process ends by itself', async (platform) => {
    const script = new URL('start-and-stop.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', script, platform, api.apiRoot], {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 20_000,
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, said }).toEqual({ code: 0, said: 'stopped\n' });
  });
});
