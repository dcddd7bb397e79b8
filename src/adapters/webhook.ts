// What every webhook needs and no adapter may get wrong: comparing its secret, bounding its body.
import { createHash, timingSafeEqual } from 'node:crypto';

/** In constant time, whatever the lengths. An empty expectation matches nothing. */
export function isSameSecret(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected)) && expected !== '';
}

/** The body as JSON; `too_large` beyond `limitBytes`, `malformed` where it is none. */
export async function jsonWithin(
  request: Request,
  limitBytes: number,
): Promise<{ ok: true; value: unknown } | { ok: false; why: 'too_large' | 'malformed' }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > limitBytes) return { ok: false, why: 'too_large' };
      chunks.push(chunk);
    }
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    // Not JSON, or the sender went away in the middle.
    return { ok: false, why: 'malformed' };
  }
}
