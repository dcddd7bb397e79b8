// !confirm CODE: what is broad is only done once the same person says so in the same chat, and then
// it is exactly what was shown. Codes are kept in memory: after a restart one asks anew.
import type { Clock, RandomBytes } from '../bus/clock.ts';
import type { Card } from '../bus/messages.ts';
import { candidateId } from '../interlock/ids.ts';
import { type Call, type ChatCommand, say } from './command.ts';

const CONFIRM_WITHIN_MS = 5 * 60_000;
/** How many may wait for one person at a time; the oldest gives way. */
const MOST_WAITING = 10;

interface Waiting {
  readonly who: string;
  readonly untilMs: number;
  readonly run: () => Promise<Card>;
}

export class Confirmations {
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Keeps what shall be done and returns the sentence that says how to confirm it. */
  ask(call: Call, run: () => Promise<Card>): string {
    const now = this.#clock.now();
    const who = whoIn(call);
    for (const [code, { untilMs }] of this.#waiting) if (untilMs <= now) this.#waiting.delete(code);
    const own = [...this.#waiting].filter(([, waiting]) => waiting.who === who);
    const [oldest] = own;
    if (oldest !== undefined && own.length >= MOST_WAITING) this.#waiting.delete(oldest[0]);
    const code = candidateId(this.#random);
    this.#waiting.set(code, { who, untilMs: now + CONFIRM_WITHIN_MS, run });
    return `If that is meant, send within 5 minutes: !confirm ${code}`;
  }

  /** What a code confirms, once; null where it confirms nothing for this person here. */
  take(call: Call, typed: string): (() => Promise<Card>) | null {
    const code = typed.trim().toUpperCase();
    const waiting = this.#waiting.get(code);
    if (waiting === undefined || waiting.who !== whoIn(call)) return null;
    this.#waiting.delete(code);
    return waiting.untilMs > this.#clock.now() ? waiting.run : null;
  }
}

function whoIn({ actor, via }: Call): string {
  return JSON.stringify([actor, via.platform, via.chat]);
}

export const confirm: ChatCommand = {
  word: 'confirm',
  usage: '!confirm CODE',
  summary: 'does what was just shown to you with that code',
  needs: 'policy',
  async run(call, ports) {
    if (call.rest === '') return say('Which code? It stands in the answer that asks to confirm.');
    const run = ports.confirmations.take(call, call.rest);
    if (run !== null) return run();
    return say(
      `Nothing waits for ${call.rest.slice(0, 20)}: a code counts once, for five minutes, for who got it and in the same chat. Nothing was changed; type the command again.`,
    );
  },
};
