// Readings by exact bytes, a bounded least-recently-used map. Decisions are never kept: only how a
// line is read, which no rule changes.
import { type Reading, readLine } from './read-line.ts';

/** How many readings are kept. */
const CACHED_READINGS = 1000;
const LONGEST_CACHED = 4096;

/** A memory of readings. */
export class Readings {
  readonly #known = new Map<string, Reading>();

  /** The reading of a line, from memory when exactly this line was read before. */
  read(source: string): Reading {
    const known = this.#known.get(source);
    if (known !== undefined) {
      this.#known.delete(source);
      this.#known.set(source, known);
      return known;
    }
    const reading = readLine(source);
    if (source.length <= LONGEST_CACHED) {
      this.#known.set(source, reading);
      if (this.#known.size > CACHED_READINGS) {
        const oldest = this.#known.keys().next();
        if (!oldest.done) this.#known.delete(oldest.value);
      }
    }
    return reading;
  }
}
