// Readings by exact bytes, a bounded least-recently-used map. Decisions are never kept: only how a
// line is read, which no rule changes.
import { type Reading, readLine } from './read-line.ts';

/** How many readings are kept. */
const CACHED_READINGS = 1000;
const LONGEST_CACHED = 4096;

const readings = new Map<string, Reading>();

/** The reading of a line, from memory when exactly this line was read before. */
export function cachedReading(source: string): Reading {
  const known = readings.get(source);
  if (known !== undefined) {
    readings.delete(source);
    readings.set(source, known);
    return known;
  }
  const reading = readLine(source);
  if (source.length <= LONGEST_CACHED) {
    readings.set(source, reading);
    if (readings.size > CACHED_READINGS) {
      const oldest = readings.keys().next();
      if (!oldest.done) readings.delete(oldest.value);
    }
  }
  return reading;
}
