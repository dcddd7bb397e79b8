// What is gathered while a line is read, and how much of it is read at all. It knows no syntax.
import type { SyntaxNode } from 'unbash';
import type { ReadCommand } from './read-line.ts';

/** Words of one line, with the parts that they are put together from. */
const WORD_LIMIT = 2000;

/** What has been read so far. */
export class Collector {
  readonly commands: ReadCommand[] = [];
  readonly hazards: string[] = [];
  failure: string | null = null;
  /** No more is read: too much was. */
  full = false;
  #words = 0;
  /** What is piped into a command: its text where it is known. */
  piped: Map<SyntaxNode, string | null> | null = null;
  /** Regular expressions of `=~` in which brackets and bars stand for themselves. */
  regexes: Set<SyntaxNode> | null = null;
  /** Notes why the line cannot be trusted; the first reason stays. */
  fail = (why: string): void => {
    this.failure ??= why;
  };

  /** Whether so much may be read; what goes beyond is a failure. */
  counts(item: SyntaxNode): boolean {
    const parts = item.type === 'Word' ? (item.parts ?? []) : [];
    this.#words += 1 + parts.length;
    for (const part of parts) if (part.type === 'DoubleQuoted') this.#words += part.parts.length;
    this.full = this.#words > WORD_LIMIT;
    if (this.full) this.fail(`it holds more than ${WORD_LIMIT} words`);
    return !this.full;
  }

  /** Notes what is never allowed by a rule. */
  hazard = (why: string): void => {
    if (!this.hazards.includes(why)) this.hazards.push(why);
  };
}
