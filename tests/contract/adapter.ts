// What every adapter promises (src/bus/adapter.ts), run against a platform that nobody here wrote
// wherever there is one. A peer is one platform with one bot on it and one person in one chat.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Adapter, PlatformError } from '../../src/bus/adapter.ts';
import type { Card, CardRef, ChatAddress, InboundMessage } from '../../src/bus/messages.ts';
import { visible } from '../../src/guard/visible.ts';

/** A message of ours as people see it now. */
export interface Shown {
  readonly ref: CardRef;
  readonly text: string;
  /** What stands in code blocks, read back from what was sent. */
  readonly code: readonly string[];
  /** Whatever a client would act on outside code blocks: escapes, links, mentions, commands. */
  readonly live: readonly string[];
  readonly replyTo: CardRef | null;
}

export interface AdapterPeer {
  /** Not started yet. */
  readonly adapter: Adapter;
  readonly chat: ChatAddress;
  /** The identity of the person who speaks through `say`. */
  readonly sender: string;
  /** The person writes; resolves when the platform has it. */
  say(text: string): Promise<void>;
  /** All messages of ours in the chat, in order, with edits applied where the platform can. */
  shown(): Promise<readonly Shown[]>;
  /** Another adapter for the same bot, as after a restart. */
  restarted?(): Adapter;
  /** Makes the platform unreachable, and reachable again. */
  outage?: { begin(): Promise<void>; end(): Promise<void> };
  close(): Promise<void>;
}

/** What a platform has; promises about what it has not are left out of the suite. */
export interface PlatformAbilities {
  /** Messages wait on the platform while nobody takes them: `restarted` is there. */
  readonly waiting: boolean;
  /** It can be away: `outage` is there. */
  readonly outages: boolean;
  /** Answers show what they answer. */
  readonly threads: boolean;
}

const card = (text: string): Card => ({
  blocks: [
    { kind: 'heading', tone: 'ask', text: 'K7Q2M waits' },
    { kind: 'code', text },
  ],
});

const HOSTILE = [
  "echo '```'; echo '</code></pre><b>Safe</b>' [a](tg://user?id=1) *b* _c_ ~d~ ||e||",
  'echo \x1b[2J\x1b]0;title\x07 \u009b31m \r over',
  'echo \u202etxt.exe\u2066 a\u200bb \u2800\u3164 \u{e0041} \ud800',
  `echo${' '.repeat(400)}@admin /start https://evil.example #tag${'\n'.repeat(60)}rm -rf /`,
].join('\n');

/** Records what an adapter delivers; `refuse` makes the next deliveries fail. */
export class Received {
  readonly messages: InboundMessage[] = [];
  readonly attempts: InboundMessage[] = [];
  refuse = 0;
  readonly #waiting = new Set<() => void>();

  readonly deliver = (message: InboundMessage): Promise<void> => {
    this.attempts.push(message);
    if (this.refuse > 0) {
      this.refuse -= 1;
      return Promise.reject(new Error('the store is away'));
    }
    this.messages.push(message);
    for (const check of this.#waiting) check();
    return Promise.resolve();
  };

  /** Resolves when `count` messages were taken. */
  async count(count: number): Promise<readonly InboundMessage[]> {
    await new Promise<void>((resolve) => {
      const check = () => {
        if (this.messages.length < count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
    return this.messages;
  }
}

/** The suite. `makePeer` builds a fresh platform for each promise. */
export function adapterContract(
  name: string,
  makePeer: () => Promise<AdapterPeer>,
  has: PlatformAbilities,
): void {
  describe(`${name} keeps the adapter contract`, () => {
    let peer: AdapterPeer;
    let received: Received;
    const started: Adapter[] = [];

    const start = async (adapter: Adapter, inbox: Received) => {
      started.push(adapter);
      await adapter.start(inbox.deliver);
    };

    beforeEach(async () => {
      peer = await makePeer();
      received = new Received();
    });
    afterEach(async () => {
      await Promise.all(started.splice(0).map((adapter) => adapter.stop()));
      await peer.close();
    });

    it('delivers what a person wrote, whole, with their stable identity', async () => {
      await start(peer.adapter, received);
      await peer.say('!reject K7Q2M não, 因为 ✋ \u202e');
      const [message] = await received.count(1);
      expect(message).toEqual({
        eventId: expect.stringMatching(/./),
        sender: peer.sender,
        senderName: message?.senderName,
        from: peer.chat,
        text: '!reject K7Q2M não, 因为 ✋ \u202e',
        ref: message?.ref,
        replyTo: null,
      });
    });

    it('keeps the order and gives every message an id of its own', async () => {
      await start(peer.adapter, received);
      const texts = ['one', 'two', 'three', 'four'];
      for (const text of texts) await peer.say(text);
      const messages = await received.count(4);
      expect(messages.map(({ text }) => text)).toEqual(texts);
      expect(new Set(messages.map(({ eventId }) => eventId)).size).toBe(4);
    });

    it('delivers again, under the same id and in order, what could not be recorded', async () => {
      received.refuse = 2;
      await start(peer.adapter, received);
      await peer.say('first');
      await peer.say('second');
      const messages = await received.count(2);
      expect(messages.map(({ text }) => text)).toEqual(['first', 'second']);
      const first = received.attempts.filter(({ text }) => text === 'first');
      expect(first).toEqual(Array.from({ length: 3 }, () => messages[0]));
      expect(received.attempts.slice(0, 3)).toEqual(first);
    });

    if (has.waiting)
      it('delivers after a restart what was said meanwhile, and nothing under another id', async () => {
        await start(peer.adapter, received);
        await peer.say('before');
        await received.count(1);
        await peer.adapter.stop();
        await peer.say('meanwhile');
        const second = new Received();
        await start(restarted(peer), second);
        await vi.waitFor(() => expect(second.messages.at(-1)?.text).toBe('meanwhile'));
        const again = second.messages.slice(0, -1);
        expect(again).toEqual(again.length === 0 ? [] : received.messages);
        expect(received.messages.map(({ text }) => text)).toEqual(['before']);
      });

    it('sends, each message under a reference of its own', async () => {
      await start(peer.adapter, received);
      const refs = [
        await peer.adapter.send(peer.chat, card('uname -a')),
        await peer.adapter.send(peer.chat, card('id')),
      ];
      const shown = await peer.shown();
      expect(shown.map(({ ref, code }) => ({ ref, code }))).toEqual([
        { ref: refs[0], code: ['uname -a'] },
        { ref: refs[1], code: ['id'] },
      ]);
      expect(shown[0]?.text).toContain('K7Q2M waits');
      expect(refs[0]).not.toBe(refs[1]);
    });

    it('answers a message where the platform has threads', async () => {
      await start(peer.adapter, received);
      await peer.say('!pending');
      const [message] = await received.count(1);
      const replyTo = message?.ref ?? undefined;
      await peer.adapter.send(peer.chat, card('id'), replyTo);
      const [shown] = await peer.shown();
      expect(shown?.replyTo).toBe(has.threads ? message?.ref : null);
      if (has.threads) expect(replyTo).toEqual(expect.stringMatching(/./));
    });

    it('sends although the answered message is not there', async () => {
      await start(peer.adapter, received);
      await peer.adapter.send(peer.chat, card('id'), 'no such message');
      expect((await peer.shown()).map(({ code }) => code)).toEqual([['id']]);
    });

    it('edits to the outcome, and takes the same edit again as a success', async () => {
      await start(peer.adapter, received);
      const ref = await peer.adapter.send(peer.chat, card('id'));
      const outcome: Card = {
        blocks: [
          { kind: 'heading', tone: 'good', text: 'K7Q2M succeeded, approved by telegram:5' },
          { kind: 'fields', rows: [['digest', '9f2c41d07ab3']] },
        ],
      };
      await peer.adapter.edit(peer.chat, ref, outcome);
      await peer.adapter.edit(peer.chat, ref, outcome);
      const shown = await peer.shown();
      // The news is in the heading: what cannot rewrite shows at least that.
      expect(shown.at(-1)?.ref).toBe(ref);
      expect(shown.at(-1)?.text).toContain('K7Q2M succeeded, approved by telegram:5');
    });

    it('shows hostile text whole and inert', async () => {
      await start(peer.adapter, received);
      const hostile: Card = {
        blocks: [
          { kind: 'heading', tone: 'ask', text: HOSTILE },
          { kind: 'code', text: HOSTILE },
          { kind: 'fields', rows: [['where', HOSTILE]] },
          { kind: 'quote', by: '@boss', text: HOSTILE },
          { kind: 'text', text: 'call +1 555 010 9999 or @boss at boss@corp.example' },
        ],
      };
      expect(peer.adapter.showsWhole(hostile)).toBe(true);
      await peer.adapter.send(peer.chat, hostile);
      const [shown] = await peer.shown();
      expect(shown?.live).toEqual([]);
      expect(shown?.code).toEqual([visible(HOSTILE, { newlines: 'keep' })]);
    });

    it('says of a card too long for it that it does not show it whole, and sends it all the same', async () => {
      await start(peer.adapter, received);
      const long = card('echo a\n'.repeat(5_000));
      expect(peer.adapter.showsWhole(card('id'))).toBe(true);
      expect(peer.adapter.showsWhole(long)).toBe(false);
      await peer.adapter.send(peer.chat, long);
      expect(await peer.shown()).toHaveLength(1);
    });

    it('is healthy once started', async () => {
      await start(peer.adapter, received);
      await vi.waitFor(async () => {
        expect(await peer.adapter.health()).toEqual({ ok: true, detail: expect.any(String) });
      });
    });

    if (has.outages)
      it('survives an outage: unreachable, said in health, then nothing is lost', async () => {
        const { outage } = peer;
        if (outage === undefined) throw new Error('this peer cannot be away');
        await start(peer.adapter, received);
        await outage.begin();
        await vi.waitFor(async () => expect((await peer.adapter.health()).ok).toBe(false));
        const error = await peer.adapter.send(peer.chat, card('id')).catch((each: unknown) => each);
        expect(error).toBeInstanceOf(PlatformError);
        expect(error).toMatchObject({ kind: 'unreachable' });
        await peer.say('during the outage');
        await outage.end();
        expect((await received.count(1))[0]?.text).toBe('during the outage');
        await peer.adapter.send(peer.chat, card('after'));
        expect((await peer.shown()).at(-1)?.code).toEqual(['after']);
        await vi.waitFor(async () => expect((await peer.adapter.health()).ok).toBe(true));
      });

    it('delivers nothing after stop()', async () => {
      await start(peer.adapter, received);
      await peer.say('before');
      await received.count(1);
      await peer.adapter.stop();
      await peer.say('after');
      if (has.waiting) {
        // The second one gets it, so the first one had its chance.
        const second = new Received();
        await start(restarted(peer), second);
        await vi.waitFor(() => expect(second.messages.at(-1)?.text).toBe('after'));
      }
      expect(received.attempts.map(({ text }) => text)).toEqual(['before']);
    });
  });
}

function restarted(peer: AdapterPeer): Adapter {
  if (peer.restarted === undefined) throw new Error('this peer has no second adapter');
  return peer.restarted();
}
