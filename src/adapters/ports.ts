// What the program gives every adapter of a platform. Types only.
import type { Clock } from '../bus/clock.ts';

export interface AdapterPorts {
  readonly clock: Clock;
  /** Takes one line for the operator's log. */
  readonly log: (line: string) => void;
}

/** A secret that prints as nothing; only the code that must hand it over calls `reveal`. */
export interface SecretText {
  reveal(): string;
}
