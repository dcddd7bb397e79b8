// What the store can keep, checked while a plan is made: what it would refuse at the commit must
// fail the operation that brought it, not everybody who shares the transaction.

/**
 * Throws where a value holds text that is not Unicode, NUL characters, or numbers that are not
 * JSON.
 */
export function assertStorable(value: unknown): void {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return;
    throw new TypeError('the store cannot keep text with NUL characters or lone surrogates');
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('the store cannot keep a number that is not finite');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    assertStorable(key);
    assertStorable(inner);
  }
}
