// The program's own log: pino, JSON lines, to standard error or to a file of the data folder. What
// people did is not here but on the record.
import { chmodSync } from 'node:fs';
import pino from 'pino';
import { plainError } from './store/errors.ts';

export interface Log {
  /** A line for the operator. */
  info(line: string): void;
  /** Something that the operator should look at. */
  warn(line: string, error?: unknown): void;
  /** Writes out what is buffered. */
  flush(): void;
}

/** `file` null logs to standard error. */
export function openLog(options: { file: string | null; level: string }): Log {
  const destination = pino.destination(
    options.file === null
      ? { dest: 2, sync: true }
      : { dest: options.file, sync: true, mkdir: true, mode: 0o600 },
  );
  if (options.file !== null) chmodSync(options.file, 0o600);
  const logger = pino({ level: options.level, base: null }, destination);
  return {
    info: (line) => logger.info(line),
    warn: (line, error) =>
      error === undefined ? logger.warn(line) : logger.warn({ err: plainError(error) }, line),
    flush: () => destination.flushSync(),
  };
}
