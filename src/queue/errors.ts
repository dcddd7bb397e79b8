// Why the queue could not be opened, told so that a person can act on it. Never holds a password.

/** `unreachable`: nobody answered or let us in; `unsuitable`: it answered and cannot be used. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
  readonly kind: 'unreachable' | 'unsuitable';
  constructor(kind: 'unreachable' | 'unsuitable', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The first line of what went wrong. */
export function errorLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split('\n')[0] ?? '').trim() || 'no reason was given';
}
