// The terminal as a chat: the contract, typed at and piped into, and what only a terminal has.
import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { createConsole } from '../../src/adapters/console.ts';
import type { Adapter } from '../../src/bus/adapter.ts';
import { systemRandom } from '../../src/bus/clock.ts';
import type { Card, ChatAddress, Tone } from '../../src/bus/messages.ts';
import { type AdapterPeer, adapterContract, Received, type Shown } from '../contract/adapter.ts';
import { hastyClock } from './hasty-clock.ts';

const CHAT: ChatAddress = { platform: 'console', chat: 'terminal' };
// What readline and our colours send; nothing else may be an escape.
const ESC = String.fromCharCode(0x1b);
const OURS = new RegExp(`${ESC}\\[(?:\\d+A|\\d*G|0J|0?m|1;3[1236]m|[12]m)`, 'g');

function controls(text: string): string[] {
  return [...text].filter((char) => {
    const code = char.codePointAt(0) ?? 0;
    const isControl = (code < 0x20 && char !== '\n') || (code >= 0x7f && code < 0xa0);
    const isBidi = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return isControl || isBidi || (code >= 0xd800 && code <= 0xdfff);
  });
}

interface Terminal {
  readonly adapter: Adapter;
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly interrupts: number[];
  /** All that was written so far. */
  text(): string;
}

function terminal(interactive: boolean, keepMs = 10_000): Terminal {
  const input = new PassThrough();
  const output = new PassThrough();
  const interrupts: number[] = [];
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const adapter = createConsole({
    input,
    output,
    interactive,
    columns: () => 80,
    colour: interactive,
    sender: 'console:local',
    clock: hastyClock(keepMs),
    random: systemRandom,
    onInterrupt: () => interrupts.push(1),
  });
  return { adapter, input, output, interrupts, text: () => text };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function consolePeer(interactive: boolean): Promise<AdapterPeer> {
  const { adapter, input, text } = terminal(interactive);
  const printed = new Map<string, string>();
  const keep = async (ref: string, from: number) => {
    await turn();
    const rows = text().slice(from);
    if (rows !== '') printed.set(ref, rows);
  };
  return Promise.resolve({
    adapter: {
      platform: adapter.platform,
      start: (deliver) => adapter.start(deliver),
      send: async (...args) => {
        const from = text().length;
        const ref = await adapter.send(...args);
        await keep(ref, from);
        return ref;
      },
      edit: async (to, ref, card) => {
        const from = text().length;
        await adapter.edit(to, ref, card);
        await keep(ref, from);
      },
      health: () => adapter.health(),
      stop: () => adapter.stop(),
      showsWhole: (card) => adapter.showsWhole(card),
    },
    chat: CHAT,
    sender: 'console:local',
    async say(line) {
      input.write(`${line}\n`);
      await turn();
      await turn();
    },
    shown: () => Promise.resolve([...printed].map(([ref, rows]) => shownBy(ref, rows))),
    close: () => Promise.resolve(),
  });
}

function shownBy(ref: string, printed: string): Shown {
  const text = printed.replace(OURS, '');
  const code: string[] = [];
  for (const row of text.split('\n')) {
    if (row.startsWith('┃')) code.push(row.slice(3));
    else if (row.startsWith('┇')) code.push((code.pop() ?? '') + row.slice(3));
  }
  return {
    ref,
    text,
    code: code.length === 0 ? [] : [code.join('\n')],
    live: controls(text),
    replyTo: null,
  };
}

const HAS = { waiting: false, outages: false, threads: false };
adapterContract('The terminal, piped,', () => consolePeer(false), HAS);
adapterContract('The terminal, typed at,', () => consolePeer(true), HAS);

const card = (tone: Tone, text: string): Card => ({
  blocks: [
    { kind: 'heading', tone, text },
    { kind: 'code', text: 'id' },
    { kind: 'fields', rows: [['asked by', 'console:local']] },
  ],
});

it('draws the prompt again, with what was typed so far, below a card', async () => {
  const { adapter, input, text } = terminal(true);
  const received = new Received();
  await adapter.start(received.deliver);
  input.write('!app');
  await vi.waitFor(() => expect(text()).toContain('!app'));
  const from = text().length;
  await adapter.send(CHAT, card('ask', 'K7Q2M waits'));
  await turn();
  const rows = text().slice(from).replace(OURS, '');
  expect(rows).toMatch(/^╭─ \? K7Q2M waits[\s\S]*╰─+\n+countersign> !app$/);
  // The cursor stands behind what was typed.
  expect(text().endsWith('\x1b[18G')).toBe(true);
  input.write('rove K7Q2M\r');
  expect((await received.count(1))[0]?.text).toBe('!approve K7Q2M');
  await adapter.stop();
});

it('draws over no card, though what is typed takes several rows', async () => {
  const { adapter, input, output, text } = terminal(true);
  Object.assign(output, { columns: 40 });
  await adapter.start(new Received().deliver);
  input.write('!reject K7Q2M '.padEnd(100, 'x'));
  await vi.waitFor(() => expect(text()).toContain('x'.repeat(86)));
  for (const id of ['AAAAA', 'BBBBB', 'CCCCC']) {
    const from = text().length;
    await adapter.send(CHAT, card('ask', id));
    await turn();
    const [, below = ''] = text().slice(from).split(/╰─+/);
    // Up only before the card, never below it.
    expect(below).not.toMatch(new RegExp(`${ESC}\\[\\d+A`));
    expect(below).toContain('x'.repeat(86));
  }
  await adapter.stop();
});

it('recalls earlier lines with the arrow key', async () => {
  const { adapter, input } = terminal(true);
  const received = new Received();
  await adapter.start(received.deliver);
  input.write('!pending\r');
  await received.count(1);
  input.write('\x1b[A\r');
  expect((await received.count(2)).map(({ text }) => text)).toEqual(['!pending', '!pending']);
  await adapter.stop();
});

it('tells Ctrl-C and leaves it to the program', async () => {
  const { adapter, input, interrupts } = terminal(true);
  const received = new Received();
  await adapter.start(received.deliver);
  input.write('\x03');
  await vi.waitFor(() => expect(interrupts).toEqual([1]));
  input.write('still here\r');
  await received.count(1);
  await adapter.stop();
});

it.each([true, false])(
  'goes on showing cards when its input has ended (typed at: %s)',
  async (interactive) => {
    const { adapter, input, text } = terminal(interactive);
    const received = new Received();
    await adapter.start(received.deliver);
    input.end('last line');
    await received.count(1);
    await vi.waitFor(async () => {
      expect(await adapter.health()).toEqual({
        ok: true,
        detail: 'shows cards; its input has ended',
      });
    });
    await adapter.send(CHAT, card('ask', 'K7Q2M waits'));
    expect(text()).toContain('K7Q2M waits');
    await adapter.stop();
  },
);

it('prints of an edit its news in one line, and nothing when nothing changed', async () => {
  const { adapter, text } = terminal(false);
  await adapter.start(new Received().deliver);
  const ref = await adapter.send(CHAT, card('ask', 'K7Q2M waits'));
  const sent = text().length;
  await adapter.edit(CHAT, ref, card('ask', 'K7Q2M waits'));
  await turn();
  expect(text().slice(sent)).toBe('');
  await adapter.edit(CHAT, ref, card('good', 'K7Q2M succeeded'));
  await turn();
  expect(text().slice(sent)).toBe('✔ K7Q2M succeeded\n');
  await adapter.stop();
});

it('gives no event id twice, not even after a restart', async () => {
  const ids: string[] = [];
  for (const session of [1, 2]) {
    const { adapter, input } = terminal(false);
    const received = new Received();
    await adapter.start(received.deliver);
    input.write(`same line\nsame line ${session}\n`);
    ids.push(...(await received.count(2)).map(({ eventId }) => eventId));
    await adapter.stop();
  }
  expect(new Set(ids).size).toBe(4);
});

it('takes no harm from bytes that are no text, from blank lines and from endless ones', async () => {
  const { adapter, input, text } = terminal(false);
  const received = new Received();
  await adapter.start(received.deliver);
  input.write(Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x5b, 0x32, 0x4a, 0x0a]));
  input.write(`   \n\r\n${'x'.repeat(17_000)}\n!pending\r\n`);
  const messages = await received.count(2);
  expect(messages.map((message) => message.text)).toEqual([
    '\uFFFD\uFFFD\uFFFD\x1b[2J',
    '!pending',
  ]);
  expect(text()).toContain('A line may have 16384 characters; this one was left out.');
  await adapter.stop();
});

it('takes a thousand piped lines in order, one at a time', async () => {
  const { adapter, input } = terminal(false);
  const received = new Received();
  let busy = 0;
  await adapter.start(async (message) => {
    busy += 1;
    expect(busy).toBe(1);
    await turn();
    await received.deliver(message);
    busy -= 1;
  });
  const lines = Array.from({ length: 1_000 }, (_, at) => `line ${at}`);
  input.end(lines.join('\n'));
  expect((await received.count(1_000)).map(({ text }) => text)).toEqual(lines);
  await adapter.stop();
});

it('is unreachable where the terminal is gone, and where it takes no output', async () => {
  const gone = terminal(false);
  await gone.adapter.start(new Received().deliver);
  gone.output.destroy(new Error('EPIPE'));
  await expect(gone.adapter.send(CHAT, card('ask', 'x'))).rejects.toMatchObject({
    name: 'PlatformError',
    kind: 'unreachable',
  });
  await vi.waitFor(async () => {
    expect(await gone.adapter.health()).toEqual({
      ok: false,
      detail: 'the terminal cannot be written to: EPIPE',
    });
  });
  await gone.adapter.stop();

  const stuck = terminal(false, Number.POSITIVE_INFINITY);
  stuck.output.pause();
  await stuck.adapter.start(new Received().deliver);
  // The stream keeps this much before it waits for its reader.
  const sends = Array.from({ length: 400 }, () => stuck.adapter.send(CHAT, card('ask', 'x')));
  const kinds = (await Promise.allSettled(sends)).map(({ status }) => status);
  expect(kinds.at(-1)).toBe('rejected');
  await stuck.adapter.stop();
});
