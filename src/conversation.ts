// Joins the chats: messages in through the bus to the commands, and the adapters that carry them.
import type { Adapter } from './bus/adapter.ts';
import { Bus } from './bus/bus.ts';
import { Limiter } from './bus/limiter.ts';
import type { People } from './bus/people.ts';
import { createChat } from './chat/commands.ts';
import { readCommand } from './chat/grammar.ts';
import type { createIntake } from './interlock/intake.ts';
import type { Interlock } from './interlock/interlock.ts';
import type { PolicyEdits } from './interlock/policy-edits.ts';
import type { Parts, Undo } from './parts.ts';
import type { Status } from './status.ts';
import { createCardIndex } from './store/cards.ts';
import { createInbox } from './store/inbox.ts';
import type { Store } from './store/open.ts';

interface BusParts {
  readonly interlock: Interlock;
  readonly intake: ReturnType<typeof createIntake>;
  readonly edits: PolicyEdits;
  readonly people: People;
  readonly status: Status;
  readonly store: Store;
  readonly adapters: readonly Adapter[];
  readonly outbox: { wake(): void };
}

/** The bus over the inbox, with the chat commands behind it. */
export function joinBus({ config, log, clock, random }: Parts, parts: BusParts): Bus {
  const { interlock, people, store, adapters } = parts;
  const submissions = new Limiter(clock, config.limits.submissionsPerMinute);
  const decisions = new Limiter(clock, config.limits.decisionsPerMinute);
  const handle = createChat({
    ...parts,
    clock,
    random,
    mayNow: (what, who) => (what === 'submit' ? submissions : decisions).take(who),
    showsWhole: (platform, card) =>
      adapters.find((adapter) => adapter.platform === platform)?.showsWhole(card) ?? false,
    approvalOfCard: createCardIndex(store.db),
    status: parts.status.status,
  });
  return new Bus({
    people,
    inbox: createInbox(store.db),
    clock,
    messagesPerMinute: config.limits.messagesPerMinute,
    isCommand: (text) => readCommand(text) !== null,
    handle,
    recordStranger: (message) =>
      interlock.record('chat.stranger-ignored', message.sender, {
        platform: message.from.platform,
        chat: message.from.chat,
        text: message.text.slice(0, 200).toWellFormed(),
      }),
    replied: () => parts.outbox.wake(),
    log: (line, error) => log.warn(line, error),
  });
}

// One dead channel never stops the others; a channel that cannot work as configured stops the
// start.
export async function startAdapters(
  adapters: readonly Adapter[],
  bus: Bus,
  log: Parts['log'],
  undo: Undo[],
): Promise<void> {
  for (const adapter of adapters) {
    await adapter.start(bus.deliver);
    log.info(`${adapter.platform} is up`);
    undo.push(() => adapter.stop());
  }
}
