// Matching one word against one pattern word, without going back over what was matched before,
// whatever a person writes (`a*a*a*b`). Case matters; nothing is normalised here.

/** A pattern word: literal text, or pieces with wildcards. */
export interface Glob {
  readonly source: string;
  /** The text itself when there is no wildcard in it. */
  readonly literal: string | null;
  readonly pieces: readonly Piece[];
  /** The texts before, between and after its stars; with a `?`, null. */
  readonly runs: readonly string[] | null;
  /** It holds both `*` and `**`, which differ where `*` stops at `/`. */
  readonly mixed: boolean;
}

type Piece = { readonly kind: 'text'; readonly char: string } | { readonly kind: Wildcard };
type Wildcard = 'star' | 'globstar' | 'question';

/** Builds a pattern word from runs of text, of which quoted ones are literal. */
export function makeGlob(given: readonly { text: string; quoted: boolean }[]): Glob {
  const pieces: Piece[] = [];
  for (const run of given) {
    const chars = [...run.text];
    for (let i = 0; i < chars.length; i++) {
      const char = chars[i] as string;
      if (run.quoted || (char !== '*' && char !== '?')) pieces.push({ kind: 'text', char });
      else if (char === '?') pieces.push({ kind: 'question' });
      else if (chars[i + 1] === '*') {
        while (chars[i + 1] === '*') i++;
        pieces.push({ kind: 'globstar' });
      } else pieces.push({ kind: 'star' });
    }
  }
  const literal = pieces.every((piece) => piece.kind === 'text');
  const source = given.map((run) => run.text).join('');
  const mixed = ['star', 'globstar'].every((kind) => pieces.some((piece) => piece.kind === kind));
  return { source, literal: literal ? source : null, pieces, runs: runsOf(pieces), mixed };
}

function runsOf(pieces: readonly Piece[]): string[] | null {
  const runs: string[] = [''];
  for (const piece of pieces) {
    if (piece.kind === 'question') return null;
    if (piece.kind === 'text') runs.push((runs.pop() ?? '') + piece.char);
    else runs.push('');
  }
  return runs;
}

/** The texts, without any slash, that whatever fits this holds somewhere. */
export function literalTexts(glob: Glob): string[] {
  const texts: string[] = [''];
  for (const piece of glob.pieces) {
    if (piece.kind !== 'text' || piece.char === '/') texts.push('');
    else texts.push((texts.pop() ?? '') + piece.char);
  }
  // `~/x` is matched with the home directory in its place.
  if (glob.source.startsWith('~')) texts.shift();
  return texts.filter((text) => text !== '');
}

/** Whether the whole text fits. With `crossSlash` false, `*` and `?` stop at `/`. */
export function globMatches(glob: Glob, text: string, crossSlash: boolean): boolean {
  if (glob.literal !== null) return glob.literal === text;
  const { runs, mixed } = glob;
  if (runs === null || (mixed && !crossSlash)) return stepwise(glob.pieces, text, crossSlash);
  const [first = '', last = ''] = [runs[0], runs.at(-1)];
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const crosses = crossSlash || glob.pieces.some((piece) => piece.kind === 'globstar');
  return searched(runs, text, crosses);
}

/**
 * Each run where it first stands after the one before: of stars of one kind, a later place is never
 * better, since what lies between can be left to the next star.
 */
function searched(runs: readonly string[], text: string, crosses: boolean): boolean {
  const end = text.length - (runs.at(-1) ?? '').length;
  let at = (runs[0] ?? '').length;
  for (let i = 1; i < runs.length; i++) {
    const run = runs[i] as string;
    const found = i === runs.length - 1 ? end : text.indexOf(run, at);
    if (found < at || found > end) return false;
    if (!crosses && text.slice(at, found).includes('/')) return false;
    at = found + run.length;
    if (at > end && i < runs.length - 1) return false;
  }
  return true;
}

/** All states of the pattern at once, character by character. */
function stepwise(pieces: readonly Piece[], text: string, crossSlash: boolean): boolean {
  let states = new Uint8Array(pieces.length + 1);
  let next = new Uint8Array(pieces.length + 1);
  closure(states, 0, pieces);
  for (const char of text) {
    const passes = crossSlash || char !== '/';
    let alive = false;
    for (let i = 0; i < pieces.length; i++) {
      if (states[i] === 0) continue;
      const piece = pieces[i] as Piece;
      const { kind } = piece;
      const goes = kind === 'text' ? piece.char === char : kind === 'globstar' || passes;
      if (!goes) continue;
      closure(next, kind === 'text' || kind === 'question' ? i + 1 : i, pieces);
      alive = true;
    }
    if (!alive) return false;
    [states, next] = [next, states];
    next.fill(0);
  }
  return states[pieces.length] === 1;
}

/** Marks a state and all that stars let it reach for nothing. */
function closure(states: Uint8Array, from: number, pieces: readonly Piece[]): void {
  for (let i = from; states[i] !== 1; i++) {
    states[i] = 1;
    const kind = pieces[i]?.kind;
    if (kind !== 'star' && kind !== 'globstar') break;
  }
}
