// A secret as a value that cannot be printed by accident (I10). Only the code that hands it to its
// one user calls `reveal`; everything that writes text (logs, errors, JSON) gets `[secret]`.
import { inspect } from 'node:util';

const SHOWN = '[secret]';

/** One resolved secret. It never prints; `reveal()` gives the text to whoever must use it. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself. Pass it on at once; never keep it, log it or put it into a message. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
