// The commands of every chat, and the way from a message to one of them: parse -> permitted ->
// handler. The bus has done the steps before.
import type { Card, InboundMessage } from '../bus/messages.ts';
import { permits, type Role } from '../bus/people.ts';
import { type ChatCommand, type ChatPorts, say, sayLines } from './command.ts';
import { Confirmations, confirm } from './confirmations.ts';
import { approve, reject } from './decisions.ts';
import { readCommand } from './grammar.ts';
import { createUnlock, lockdown } from './lockdown.ts';
import { forget, policies, undo } from './policies.ts';
import { allow, ask, deny } from './rules.ts';
import { run } from './run.ts';
import { history, pending, show, status, whoami } from './views.ts';
import { why } from './why.ts';

/** Handles one message of a known sender. */
export type ChatHandler = (
  message: InboundMessage,
  roles: ReadonlySet<Role>,
) => Promise<Card | null>;

export function createChat(given: Omit<ChatPorts, 'confirmations'>): ChatHandler {
  const confirmations = new Confirmations(given.clock, given.random);
  const ports: ChatPorts = { ...given, confirmations };
  const commands: ChatCommand[] = [
    approve,
    reject,
    pending,
    show,
    history,
    run,
    why,
    allow,
    ask,
    deny,
    confirm,
    policies,
    forget,
    undo,
    lockdown,
    createUnlock(),
    status,
    whoami,
  ];
  const byWord = new Map(commands.map((command) => [command.word, command]));

  return async (message, roles) => {
    const typed = readCommand(message.text);
    if (typed === null) return null;
    if (typed.word === 'help') return help(commands, roles);
    const command = byWord.get(typed.word);
    if (command === undefined) return say(`There is no !${typed.word}. See !help.`);
    if (!permits(roles, command.needs)) {
      return say(`!${command.word} needs the role ${command.needs}; see !whoami.`);
    }
    return command.run(
      {
        actor: message.sender,
        roles,
        via: { ...message.from, ref: message.ref },
        eventKey: `${message.from.platform}:${message.eventId}`,
        replyTo: message.replyTo,
        rest: typed.rest,
      },
      ports,
    );
  };
}

function help(commands: readonly ChatCommand[], roles: ReadonlySet<Role>): Card {
  const lines = commands
    .filter(({ needs }) => permits(roles, needs))
    .map(({ usage, summary }) => `${usage}  ${summary}`);
  return sayLines(
    'Commands (a message that starts with !; an answer to a card needs no id)',
    lines,
  );
}
