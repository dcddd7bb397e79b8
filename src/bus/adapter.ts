// The adapter port: everything Countersign asks of a chat platform. An adapter translates in,
// translates out, and knows nothing of approvals. tests/contract/adapter.ts holds it to this.
import type { Card, CardRef, ChatAddress, InboundMessage } from './messages.ts';

/**
 * Takes a message in. Resolves once it is durably recorded (or dropped on purpose), and only then
 * may the adapter acknowledge it to its platform; rejects when it could not be recorded, and the
 * adapter must then let the platform deliver it again.
 */
export type Deliver = (message: InboundMessage) => Promise<void>;

export interface Health {
  readonly ok: boolean;
  /** One line for people: what works, or what does not and what to do. */
  readonly detail: string;
}

export interface Adapter {
  /** The word before the colon in identities and addresses. */
  readonly platform: string;
  /** Connects and begins to deliver; resolves when the platform has accepted us. */
  start(deliver: Deliver): Promise<void>;
  /** Sends a new message, as an answer to `replyTo` where the platform can. */
  send(to: ChatAddress, card: Card, replyTo?: CardRef): Promise<CardRef>;
  /** Replaces a sent message. A message that is already like this is a success. */
  edit(to: ChatAddress, ref: CardRef, card: Card): Promise<void>;
  health(): Promise<Health>;
  /** Stops delivering, then disconnects. Everything delivered before has been answered for. */
  stop(): Promise<void>;
  /** Whether a person on this platform would see every character of this card. */
  showsWhole(card: Card): boolean;
  /** Where the platform calls us instead of being polled: the gateway serves it under this path. */
  readonly webhook?: {
    readonly path: string;
    handle(request: Request): Promise<Response>;
  };
}

/**
 * A platform said no (`refused`: sending the same again is pointless) or was not reached
 * (`unreachable`: try again). Its message never holds a token.
 */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly kind: 'refused' | 'unreachable';
  readonly retryAfterMs: number | null;
  constructor(
    kind: 'refused' | 'unreachable',
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
