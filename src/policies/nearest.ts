// Which known key a misspelt one was probably meant to be. Nothing else.

/** The known key that needs the fewest edits, when these are few. */
export function nearestKey(given: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const key of known) {
    const cost = edits(given.toLowerCase(), key.toLowerCase());
    if (cost < least) {
      least = cost;
      best = key;
    }
  }
  return best;
}

function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const [left = 0, above = 0, corner = 0] = [next[j - 1], row[j], row[j - 1]];
      next.push(Math.min(left + 1, above + 1, corner + same));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
