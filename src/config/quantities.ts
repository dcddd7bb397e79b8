// Durations and sizes as people write them: `1h30m`, `45s`, `64 KiB`. A number without a unit is
// refused, because 30 may be seconds to one reader and minutes to the next.
import { z } from 'zod';

const MS_PER: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

const BYTES_PER: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Milliseconds of `30m`, `1h30m`, `45s`, `500ms`, `2d`; null for anything else. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/.test(text) || text === '') {
    return null;
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    totalMs += Number(amount) * (MS_PER[unit ?? ''] ?? Number.NaN);
  }
  return Number.isSafeInteger(totalMs) ? totalMs : null;
}

/** Bytes of `1 GiB`, `64 KiB`, `512 B`; null for anything else. */
export function parseSize(text: string): number | null {
  const match = /^(\d+) ?(B|KiB|MiB|GiB)$/.exec(text);
  if (match === null) return null;
  const bytes = Number(match[1]) * (BYTES_PER[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A duration within bounds, given in the same notation; parses to milliseconds. */
export function duration(least: string, most: string) {
  return quantity(parseDuration, 'a duration such as 30m, 1h30m or 45s', least, most);
}

/** A size within bounds, given in the same notation; parses to bytes. */
export function size(least: string, most: string) {
  return quantity(parseSize, 'a size such as 64 KiB or 1 GiB', least, most);
}

function quantity(
  parse: (text: string) => number | null,
  example: string,
  least: string,
  most: string,
) {
  const from = parse(least) ?? Number.NaN;
  const to = parse(most) ?? Number.NaN;
  if (!(from <= to)) throw new RangeError(`${least} to ${most} is no range`);
  return z.unknown().transform((written, context): number => {
    const refuse = (message: string): never => {
      context.issues.push({ code: 'custom', message, input: undefined });
      return z.NEVER;
    };
    if (typeof written === 'number') return refuse(`${written} lacks a unit: write ${example}`);
    if (typeof written !== 'string') return refuse(`must be ${example}`);
    if (/^\d+$/.test(written)) return refuse(`${written} lacks a unit: write ${example}`);
    const amount = parse(written.trim());
    if (amount === null) return refuse(`must be ${example}`);
    if (amount < from) return refuse(`must be at least ${least}`);
    if (amount > to) return refuse(`must be at most ${most}`);
    return amount;
  });
}
