// Approval ids: five characters of Crockford's base32, easy to read out and to type.
import type { RandomBytes } from '../bus/clock.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const ID_LENGTH = 5;

/** A fresh candidate, uniform over 32^5; whether it is free, the store says. */
export function candidateId(random: RandomBytes): string {
  let id = '';
  for (const byte of random(ID_LENGTH)) id += ALPHABET[byte & 31];
  return id;
}

/**
 * What a person typed as an id or its beginning, in canonical form: case folded, `O` read as 0,
 * `I` and `L` as 1 (Crockford). Null when it cannot be one.
 */
export function normaliseId(typed: string): string | null {
  const id = typed.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{1,5}$/.test(id) ? id : null;
}
