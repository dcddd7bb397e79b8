// The way of a message in: known sender -> fresh -> within limits -> guard -> handler. A message is
// acknowledged to its platform once it is durably recorded, and handled at most once (I9); one that
// was recorded and not handled when the process died is handled at the next start.
import type { Deliver } from './adapter.ts';
import type { Clock } from './clock.ts';
import { Limiter } from './limiter.ts';
import type { Card, Identity, InboundMessage } from './messages.ts';
import type { People, Role } from './people.ts';

/** Characters of one message; longer ones are refused whole, never cut. */
export const MESSAGE_LIMIT_CHARS = 16 * 1024;
/** How old a recorded message may be to be still handled after a restart, milliseconds. */
const STALE_AFTER_MS = 10 * 60_000;
/** Entries on the record about one stranger a minute: they must not be able to flood it. */
const STRANGER_ENTRIES_PER_MINUTE = 6;

/** The durable inbox, by platform event id. */
export interface Inbox {
  /** False when this event was recorded before. */
  record(message: InboundMessage, atMs: number): Promise<boolean>;
  unhandled(): Promise<readonly { message: InboundMessage; receivedAtMs: number }[]>;
  /** Marks it handled and queues the reply, in one transaction. */
  finish(message: InboundMessage, reply: Card | null, atMs: number): Promise<void>;
}

export interface BusPorts {
  readonly people: People;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly messagesPerMinute: number;
  /** Whether this text concerns us at all; everything else is left alone, unrecorded. */
  readonly isCommand: (text: string) => boolean;
  /** Parses, checks the permission, acts. A null reply is silence. */
  readonly handle: (message: InboundMessage, roles: ReadonlySet<Role>) => Promise<Card | null>;
  /** Puts a stranger's attempt on the record. */
  readonly recordStranger: (message: InboundMessage) => Promise<void>;
  readonly replied: () => void;
  readonly log: (line: string, error?: unknown) => void;
}

type Verdict =
  | { readonly go: true }
  /** Handled without the handler, with this answer. */
  | { readonly go: false; readonly reply: Card | null };

interface Step {
  readonly name: string;
  run(message: InboundMessage): Verdict;
}

export class Bus {
  readonly #ports: BusPorts;
  readonly #steps: readonly Step[];
  readonly #strangers: Limiter;
  /** One message of a chat at a time, in order; chats side by side. */
  readonly #chats = new Map<string, Promise<void>>();

  constructor(ports: BusPorts) {
    this.#ports = ports;
    this.#strangers = new Limiter(ports.clock, STRANGER_ENTRIES_PER_MINUTE);
    this.#steps = [withinLimits(new Limiter(ports.clock, ports.messagesPerMinute)), guard()];
  }

  /** The adapters' way in; see Deliver. */
  readonly deliver: Deliver = async (message) => {
    if (!this.#ports.isCommand(message.text)) return;
    if (this.#ports.people.rolesOf(message.sender) === null) {
      await this.#ignoreStranger(message);
      return;
    }
    const stored = storable(message);
    const fresh = await this.#ports.inbox.record(stored, this.#ports.clock.now());
    if (fresh) this.#enqueue(stored);
  };

  /** Takes up what an earlier process recorded and did not handle. */
  async resume(): Promise<void> {
    const now = this.#ports.clock.now();
    for (const { message, receivedAtMs } of await this.#ports.inbox.unhandled()) {
      if (now - receivedAtMs <= STALE_AFTER_MS) this.#enqueue(message);
      else await this.#finish(message, staleCard());
    }
  }

  /** Resolves when everything taken in has been handled. */
  async settled(): Promise<void> {
    while (this.#chats.size > 0) await Promise.all(this.#chats.values());
  }

  // No reply: whoever is not known learns nothing, not even that somebody listens.
  async #ignoreStranger(message: InboundMessage): Promise<void> {
    if (!this.#strangers.take(message.sender)) return;
    const stored = storable(message);
    const fresh = await this.#ports.inbox.record(stored, this.#ports.clock.now());
    if (!fresh) return;
    await this.#ports.recordStranger(stored);
    await this.#ports.inbox.finish(stored, null, this.#ports.clock.now());
  }

  #enqueue(message: InboundMessage): void {
    const chat = JSON.stringify([message.from.platform, message.from.chat]);
    const earlier = this.#chats.get(chat) ?? Promise.resolve();
    const mine = earlier
      .then(() => this.#process(message))
      .finally(() => {
        if (this.#chats.get(chat) === mine) this.#chats.delete(chat);
      });
    this.#chats.set(chat, mine);
  }

  async #process(message: InboundMessage): Promise<void> {
    try {
      await this.#finish(message, await this.#answer(message));
    } catch (error) {
      // It stays unhandled in the inbox; whatever it asked for is idempotent.
      this.#ports.log(`a message from ${message.from.platform} could not be handled`, error);
    }
  }

  async #answer(message: InboundMessage): Promise<Card | null> {
    const roles = this.#ports.people.rolesOf(message.sender);
    if (roles === null) return null;
    for (const step of this.#steps) {
      const verdict = step.run(message);
      if (!verdict.go) return verdict.reply;
    }
    try {
      return await this.#ports.handle(message, roles);
    } catch (error) {
      this.#ports.log(`a command from ${message.sender} failed`, error);
      return failureCard();
    }
  }

  async #finish(message: InboundMessage, reply: Card | null): Promise<void> {
    await this.#ports.inbox.finish(message, reply, this.#ports.clock.now());
    if (reply !== null) this.#ports.replied();
  }
}

/** Stands for a text that no database can hold; no command is empty, so nothing else is. */
const UNREADABLE = '';

// A NUL or half a character would be refused by the store for ever, and so delivered for ever.
function storable(message: InboundMessage): InboundMessage {
  const clean = (text: string) => text.isWellFormed() && !text.includes('\0');
  return {
    ...message,
    text: clean(message.text) ? message.text : UNREADABLE,
    senderName:
      message.senderName !== null && clean(message.senderName) ? message.senderName : null,
  };
}

function withinLimits(limiter: Limiter): Step {
  const told = new Set<Identity>();
  return {
    name: 'within limits',
    run({ sender }) {
      if (limiter.take(sender)) {
        told.delete(sender);
        return { go: true };
      }
      // Said once: answering each of a flood would be a flood of our own.
      if (told.has(sender)) return { go: false, reply: null };
      told.add(sender);
      return refusal('Too many messages. Wait a minute; this one was not handled.');
    },
  };
}

function guard(): Step {
  return {
    name: 'guard',
    run({ text }) {
      if (text.length > MESSAGE_LIMIT_CHARS) {
        return refusal(
          `That message has ${text.length} characters; at most ${MESSAGE_LIMIT_CHARS} are read. Nothing was done.`,
        );
      }
      if (text === UNREADABLE) {
        return refusal('That message holds characters that no text can hold. Nothing was done.');
      }
      return { go: true };
    },
  };
}

function refusal(text: string): Verdict {
  return { go: false, reply: { blocks: [{ kind: 'text', text }] } };
}

function staleCard(): Card {
  return {
    blocks: [
      {
        kind: 'text',
        text: 'I was down when you sent this, and it is over ten minutes old. Send it again if you still mean it.',
      },
    ],
  };
}

function failureCard(): Card {
  return {
    blocks: [
      {
        kind: 'text',
        text: 'That did not work, and the fault is on my side: the log has the details. Look at !pending before you try again.',
      },
    ],
  };
}
