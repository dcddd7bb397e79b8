// The messages that cross folders: what comes in from a chat, what goes out to one, and what a
// policy says of an action. Data only; nobody here knows a platform or the state machine.
import { z } from 'zod';

/** Who: `platform:stable-id`, never a display name (I7). */
export const Identity = z
  .string()
  .regex(/^[a-z][a-z0-9-]*:[^\s\p{C}]+$/u, 'must be platform:stable-id, such as telegram:123456');
export type Identity = z.infer<typeof Identity>;

/** One conversation on one platform. */
export interface ChatAddress {
  readonly platform: string;
  /** The platform's own id of the conversation. */
  readonly chat: string;
}

/** A message as an adapter hands it in: authenticated by its platform, otherwise untouched. */
export interface InboundMessage {
  /** Unique on its platform however often it is delivered (I9), e.g. Telegram's update_id. */
  readonly eventId: string;
  readonly sender: Identity;
  /** What the platform calls them. For people's eyes only; it authorises nothing. */
  readonly senderName: string | null;
  readonly from: ChatAddress;
  readonly text: string;
  /** The adapter's reference of this very message, so that answers can thread to it. */
  readonly ref: CardRef | null;
  /** The adapter's reference of the message that this one answers. */
  readonly replyTo: string | null;
}

/** How a card's first line feels: waiting, done, bad, neutral. */
export type Tone = 'ask' | 'good' | 'bad' | 'info';

/**
 * One piece of a card. Every string may come from outside: the renderer of each platform escapes
 * all of them, and shows `code` in a fence that nothing in it can leave.
 */
export type CardBlock =
  | { readonly kind: 'heading'; readonly tone: Tone; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** What a command printed: fenced like code; its blanks are its layout and stay. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'fields'; readonly rows: readonly (readonly [label: string, value: string])[] }
  /** Words of somebody else, marked as theirs. */
  | { readonly kind: 'quote'; readonly by: string; readonly text: string };

/**
 * A platform-neutral message: an approval's card, an answer, a result. The first heading says the
 * news: where a sent message cannot be edited, an edit shows that alone.
 */
export interface Card {
  readonly blocks: readonly CardBlock[];
}

/**
 * An adapter's reference of a sent message: enough to edit it or to recognise an answer to it. Of a
 * card in several messages: the references of all, joined by commas.
 */
export type CardRef = string;

/** What a policy may say of an action. Strictest wins: deny, ask, allow (I4). */
export const Effect = z.enum(['allow', 'ask', 'deny']);
export type Effect = z.infer<typeof Effect>;

/** One simple command as it was understood. `null` words cannot be known before it runs. */
export interface JudgedCommand {
  readonly words: readonly (string | null)[];
  readonly effect: Effect;
  /** The rule that decided, as written, with its effect: `deny: rm -rf *`; null for no rule. */
  readonly rule: string | null;
  readonly reason: string;
}

/** One thing that the guard found in an action: told on its card, in `!why` and on the record. */
export interface GuardFinding {
  /** Its name for rules and counters, such as `bidi` or `pipe-to-shell`. */
  readonly kind: string;
  /** `block`: it never runs. `warn`: a person decides, whatever the rules allow. `note`: told. */
  readonly severity: 'block' | 'warn' | 'note';
  readonly where: 'command' | 'directory' | 'environment' | 'reason';
  /** The character that it is about, as `U+202E`. */
  readonly codePoint: string | null;
  readonly reason: string;
}

/** What the policies and the guard say of one action: pure data, kept with the approval, shown. */
export interface Judgement {
  readonly effect: Effect;
  /** How many different people must approve; 1 unless a rule asks for more. */
  readonly approvals: number;
  /** False where any part is opaque or fails the strict checks. */
  readonly understood: boolean;
  readonly commands: readonly JudgedCommand[];
  /** Why, in plain words, the most important first. */
  readonly reasons: readonly string[];
  /** Said in the log and the record each time, e.g. that a dangerous rule was used (F008). */
  readonly warnings: readonly string[];
  /** Keys of the rules that decided it, those of the winning effect only; grants among them. */
  readonly used: readonly string[];
  /** What the guard found in it, the most severe first; the effect takes account of it. */
  readonly findings: readonly GuardFinding[];
  /** Version of the rules that judged: a digest of the policy file. */
  readonly policyVersion: string;
}
