// What the program gives every adapter of a platform. Types only.
import type { Clock } from '../bus/clock.ts';
import type { Marks } from '../guard/marks.ts';

export interface AdapterPorts {
  readonly clock: Clock;
  /** Takes one line for the operator's log. */
  readonly log: (line: string) => void;
  /** What its renderer names or keeps back in texts besides what nobody can see. */
  readonly marks?: Marks;
}

/** A secret that prints as nothing; only the code that must hand it over calls `reveal`. */
export interface SecretText {
  reveal(): string;
}
