// Matching one word against one pattern word, in time linear in both: no backtracking, whatever a
// person writes (`a*a*a*b`). Case matters; nothing is normalised here.

/** A pattern word: literal text, or pieces with wildcards. */
export interface Glob {
  readonly source: string;
  /** The text itself when there is no wildcard in it. */
  readonly literal: string | null;
  readonly pieces: readonly Piece[];
}

type Piece = { readonly kind: 'text'; readonly char: string } | { readonly kind: Wildcard };
type Wildcard = 'star' | 'globstar' | 'question';

/** Builds a pattern word from runs of text, of which quoted ones are literal. */
export function makeGlob(runs: readonly { text: string; quoted: boolean }[]): Glob {
  const pieces: Piece[] = [];
  for (const run of runs) {
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
  const source = runs.map((run) => run.text).join('');
  return { source, literal: literal ? source : null, pieces };
}

/** Whether the whole text fits. With `crossSlash` false, `*` and `?` stop at `/`. */
export function globMatches(glob: Glob, text: string, crossSlash: boolean): boolean {
  if (glob.literal !== null) return glob.literal === text;
  const { pieces } = glob;
  let states = closure(new Uint8Array(pieces.length + 1), 0, pieces);
  for (const char of text) {
    const next = new Uint8Array(pieces.length + 1);
    let alive = false;
    for (let i = 0; i < pieces.length; i++) {
      if (states[i] === 0) continue;
      const piece = pieces[i] as Piece;
      const passes = crossSlash || char !== '/';
      if (piece.kind === 'text') {
        if (piece.char === char) alive = closure(next, i + 1, pieces) !== null;
      } else if (piece.kind === 'question') {
        if (passes) alive = closure(next, i + 1, pieces) !== null;
      } else if (piece.kind === 'globstar' || passes) {
        alive = closure(next, i, pieces) !== null;
      }
    }
    if (!alive) return false;
    states = next;
  }
  return states[pieces.length] === 1;
}

/** Marks a state and all that stars let it reach for nothing. */
function closure(states: Uint8Array, from: number, pieces: readonly Piece[]): Uint8Array {
  let i = from;
  for (; states[i] !== 1; i++) {
    states[i] = 1;
    const kind = pieces[i]?.kind;
    if (kind !== 'star' && kind !== 'globstar') break;
  }
  return states;
}
