// The way of a message out: what the store says must be delivered is tried until it is. A chat that
// fails waits by itself; the others go on.
import { type Adapter, PlatformError } from './adapter.ts';
import type { Clock } from './clock.ts';
import type { Card, CardRef, ChatAddress } from './messages.ts';

/**
 * `result`: tell this chat how the approval's run ended, once. `card`: bring this chat's card of
 * the approval up to date (rendered when it is delivered, sent once and edited from then on).
 * `message`: send this once, as it is.
 */
export type OutboxItem =
  | { readonly kind: 'card'; readonly approvalId: string }
  | { readonly kind: 'result'; readonly approvalId: string; readonly replyTo: string | null }
  | {
      readonly kind: 'message';
      readonly card: Card;
      readonly replyTo: string | null;
    };

/** One undelivered row. `revision` grows when a newer wish replaces it. */
export interface OutboxRow {
  readonly id: number;
  readonly revision: number;
  readonly attempts: number;
  readonly to: ChatAddress;
  readonly item: OutboxItem;
}

export interface OutboxStore {
  due(now: number, limit: number): Promise<readonly OutboxRow[]>;
  /** When the next row becomes due; null for none. */
  nextDueAt(): Promise<number | null>;
  /** Removes the row unless a newer wish replaced it meanwhile. */
  delivered(row: OutboxRow): Promise<void>;
  failed(row: OutboxRow, nextAtMs: number, error: string): Promise<void>;
  cardRef(approvalId: string, to: ChatAddress): Promise<CardRef | null>;
  keepCardRef(approvalId: string, to: ChatAddress, ref: CardRef): Promise<void>;
}

/** How an item looks now. `approvalId`: the message is that approval's card in its chat. */
export interface Rendered {
  readonly card: Card;
  readonly approvalId: string | null;
  readonly replyTo: CardRef | null;
  /** Worth a first message, not only an edit of an earlier one. */
  readonly worthSending: boolean;
}

export interface OutboxPorts {
  readonly store: OutboxStore;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Null when there is nothing to say any more. */
  readonly render: (item: OutboxItem) => Promise<Rendered | null>;
  readonly clock: Clock;
  readonly log: (line: string, error?: unknown) => void;
}

const BATCH = 100;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;

export class Outbox {
  readonly #ports: OutboxPorts;
  #cancelTimer: () => void = () => undefined;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** Something may be due. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#cancelTimer();
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const rows = await this.#ports.store.due(this.#ports.clock.now(), BATCH);
        await Promise.all([...byChat(rows).values()].map((chat) => this.#deliverChat(chat)));
        if (rows.length === BATCH) this.#again = true;
      }
      await this.#sleep();
    } catch (error) {
      this.#ports.log('the outbox cannot be read; trying again', error);
      this.#cancelTimer = this.#ports.clock.after(FIRST_RETRY_MS, () => this.wake());
    }
  }

  async #sleep(): Promise<void> {
    const next = await this.#ports.store.nextDueAt();
    if (next === null || this.#stopped) return;
    const inMs = Math.max(10, next - this.#ports.clock.now());
    this.#cancelTimer = this.#ports.clock.after(inMs, () => this.wake());
  }

  // In order within a chat; what follows a failure waits for it.
  async #deliverChat(rows: readonly OutboxRow[]): Promise<void> {
    for (const row of rows) {
      if (this.#stopped || !(await this.#deliver(row))) return;
    }
  }

  /** Whether the chat can go on with its next row. */
  async #deliver(row: OutboxRow): Promise<boolean> {
    const { store, adapters, clock, log } = this.#ports;
    try {
      const adapter = adapters.get(row.to.platform);
      const rendered = adapter === undefined ? null : await this.#ports.render(row.item);
      if (adapter !== undefined && rendered !== null) await this.#put(adapter, row.to, rendered);
      await store.delivered(row);
      return true;
    } catch (error) {
      if (error instanceof PlatformError && error.kind === 'refused') {
        log(`${row.to.platform} refused a message to ${row.to.chat}; it is dropped`, error);
        await store.delivered(row);
        return true;
      }
      const backoffMs = Math.min(
        LONGEST_RETRY_MS,
        FIRST_RETRY_MS * 2 ** Math.min(row.attempts, 20),
      );
      const retryMs = (error instanceof PlatformError ? error.retryAfterMs : null) ?? backoffMs;
      const said = error instanceof Error ? error.message : String(error);
      log(`a message to ${row.to.platform} waits for another try: ${said}`);
      await store.failed(row, clock.now() + retryMs, said);
      return false;
    }
  }

  async #put(adapter: Adapter, to: ChatAddress, rendered: Rendered): Promise<void> {
    const { store } = this.#ports;
    const { approvalId, card, replyTo } = rendered;
    if (approvalId === null) {
      await adapter.send(to, card, replyTo ?? undefined);
      return;
    }
    const ref = await store.cardRef(approvalId, to);
    if (ref !== null) {
      try {
        await adapter.edit(to, ref, card);
        return;
      } catch (error) {
        // Gone or too old to edit: people still need to see it, as a new message.
        if (!(error instanceof PlatformError) || error.kind !== 'refused') throw error;
      }
    } else if (!rendered.worthSending) {
      return;
    }
    await store.keepCardRef(approvalId, to, await adapter.send(to, card, replyTo ?? undefined));
  }
}

function byChat(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const chats = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const address = JSON.stringify([row.to.platform, row.to.chat]);
    const chat = chats.get(address) ?? [];
    chat.push(row);
    chats.set(address, chat);
  }
  return chats;
}
