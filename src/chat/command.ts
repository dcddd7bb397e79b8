// One chat command: its words, who may use it, what it does. Handlers answer with a card; they
// never throw for what a person typed.
import type { Approval, Origin } from '../bus/approval.ts';
import type { Clock, RandomBytes } from '../bus/clock.ts';
import type { Card, CardRef, ChatAddress, Identity } from '../bus/messages.ts';
import type { People, Role } from '../bus/people.ts';
import type { createIntake } from '../interlock/intake.ts';
import type { Interlock } from '../interlock/interlock.ts';
import type { PolicyEdits } from '../interlock/policy-edits.ts';
import type { Confirmations } from './confirmations.ts';

export interface ChatPorts {
  readonly interlock: Interlock;
  readonly intake: ReturnType<typeof createIntake>;
  readonly edits: PolicyEdits;
  readonly confirmations: Confirmations;
  readonly people: People;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Submissions and decisions one sender may make just now. */
  readonly mayNow: (what: 'submit' | 'decide', who: Identity) => boolean;
  /** Whether a person on that platform sees every character of this card. */
  readonly showsWhole: (platform: string, card: Card) => boolean;
  /** The approval whose card that message is. */
  readonly approvalOfCard: (chat: ChatAddress, ref: CardRef) => Promise<string | null>;
  /** Lines about the health of every part, worst first. */
  readonly status: () => Promise<readonly string[]>;
}

/** One typed command with who typed it and where. */
export interface Call {
  readonly actor: Identity;
  readonly roles: ReadonlySet<Role>;
  readonly via: Origin;
  /** Unique for this message: repeating it is the same request. */
  readonly eventKey: string;
  readonly replyTo: CardRef | null;
  readonly rest: string;
}

export interface ChatCommand {
  readonly word: string;
  readonly usage: string;
  readonly summary: string;
  readonly needs: Role;
  run(call: Call, ports: ChatPorts): Promise<Card | null>;
}

/** An answer of one paragraph. */
export function say(text: string): Card {
  return { blocks: [{ kind: 'text', text }] };
}

/** An answer of a heading and lines. */
export function sayLines(heading: string, lines: readonly string[]): Card {
  return {
    blocks: [
      { kind: 'heading', tone: 'info', text: heading },
      { kind: 'code', text: lines.join('\n') },
    ],
  };
}

/** The approval that a typed id (or the card answered to) means, or what to say instead. */
export async function findApproval(
  typed: string,
  call: Call,
  ports: ChatPorts,
): Promise<{ ok: true; approval: Approval } | { ok: false; answer: Card }> {
  const { interlock } = ports;
  if (typed === '' && call.replyTo !== null) {
    const id = await ports.approvalOfCard(call.via, call.replyTo);
    const approval = id === null ? null : await interlock.ports.ledger.get(id);
    if (approval !== null) return { ok: true, approval };
    return { ok: false, answer: say('That message is not the card of an approval. Give its id.') };
  }
  if (typed === '')
    return { ok: false, answer: say('Which one? Give its id, or answer its card.') };
  const resolved = await interlock.resolve(typed);
  if (resolved.kind === 'many') {
    const answer = say(`${typed} could be ${resolved.ids.join(', ')}. Give more of the id.`);
    return { ok: false, answer };
  }
  const approval = resolved.kind === 'one' ? await interlock.ports.ledger.get(resolved.id) : null;
  if (approval === null) {
    const answer = say(`There is no approval ${typed}. See !pending for those that wait.`);
    return { ok: false, answer };
  }
  return { ok: true, approval };
}
