// Why a store could not be opened, told so that a person can act on it. Never holds a password.

/**
 * `locked`: another control plane has it. `unreadable`: the path cannot be used. `newer`: made by
 * a later version. `unreachable`: no PostgreSQL answered or let us in. `damaged`: the files or the
 * schema are not what they should be; nothing was deleted.
 */
export type StoreErrorKind = 'locked' | 'unreadable' | 'newer' | 'unreachable' | 'damaged';

/** The store could not be opened; the message says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  constructor(kind: StoreErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The system's code (`ENOENT`) or PostgreSQL's (`28P01`) of an error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The first line of what went wrong, for the end of a sentence. */
export function errorLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split('\n')[0] ?? '').trim() || 'no reason was given';
}

/**
 * The database's own error below the query builder's, which quotes the values of the query:
 * people's commands and what they printed. Any other error stays as it is.
 */
export function plainError(error: unknown): unknown {
  const quotes = error instanceof Error && 'query' in error && 'params' in error;
  return quotes ? error.cause : error;
}

/**
 * A repository whose methods reject with plain errors, so that any caller may tell of them (I10).
 */
export function withPlainErrors<Repository extends object>(repository: Repository): Repository {
  const methods = Object.entries(repository).map(([name, method]) => [
    name,
    async (...given: unknown[]) => {
      try {
        return await method(...given);
      } catch (error) {
        throw plainError(error);
      }
    },
  ]);
  return Object.fromEntries(methods) as Repository;
}
