// Durations as people write them: `30m`, `2h`, `3d`, `1h30m`, `2 hours`. Text to milliseconds and
// back, with the bounds of what may be granted.

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const SHORTEST_MS = 60_000;
const LONGEST_MS = 90 * 86_400_000;

type Duration =
  | { readonly kind: 'ok'; readonly ms: number }
  /** It does not begin like a duration. */
  | { readonly kind: 'no' }
  | { readonly kind: 'wrong'; readonly why: string };

const PART =
  /(\d{1,9})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?=\d|\s|$)\s*/giy;

/** Reads a duration between a minute and 90 days. */
export function readDuration(text: string): Duration {
  if (!/^\d/.test(text)) return { kind: 'no' };
  let ms = 0;
  let at = 0;
  const part = new RegExp(PART);
  const seen = new Set<string>();
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    const unit = found?.[2]?.[0]?.toLowerCase() ?? '';
    const unitMs = UNITS_MS[unit];
    if (found === null || unitMs === undefined || seen.has(unit)) {
      // `for 2 files` was never meant as a time.
      if (/\s/.test(text)) return { kind: 'no' };
      const why = 'write a time such as 30m, 2h, 3d or 1h30m';
      return { kind: 'wrong', why };
    }
    seen.add(unit);
    ms += Number(found[1]) * unitMs;
    at = part.lastIndex;
  }
  if (ms < SHORTEST_MS) return { kind: 'wrong', why: 'a minute is the shortest time' };
  if (ms > LONGEST_MS) {
    const why = 'at most 90 days: a rule without an end lasts until it is forgotten';
    return { kind: 'wrong', why };
  }
  return { kind: 'ok', ms };
}

/** `1 h 12 min`, `3 days`, `45 s`: two units at most, for people. */
export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const [hours, restMinutes] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 24) return restMinutes === 0 ? `${hours} h` : `${hours} h ${restMinutes} min`;
  const [days, restHours] = [Math.floor(hours / 24), hours % 24];
  const named = days === 1 ? '1 day' : `${days} days`;
  return restHours === 0 || days >= 7 ? named : `${named} ${restHours} h`;
}
