// Finds, among many pattern words, the few that could fit a text: each is kept under the rarest
// piece of its literal text. It may find too many, never too few.

/** Characters of the pieces; a shorter text is kept under all of it. */
const LONGEST = 4;

/** So few are looked at one by one. */
const FEW = 8;

/** Values by texts that whatever fits them must hold somewhere. */
export class GlobFinder<T> {
  readonly all: readonly T[];
  readonly #byPiece = new Map<number, T[]>();
  /** Values without any text to keep them under. */
  readonly #others: T[] = [];
  /** The lengths of pieces that occur. */
  readonly #lengths: number[] = [];

  /** `texts` names what must stand in whatever fits a value; no text in it holds a slash. */
  constructor(values: readonly T[], texts: (value: T) => readonly string[]) {
    this.all = values;
    if (values.length <= FEW) return;
    const pieces = values.map((value) => piecesOf(texts(value)));
    const count = new Map<number, number>();
    for (const one of pieces) {
      for (const piece of one.keys()) count.set(piece, (count.get(piece) ?? 0) + 1);
    }
    values.forEach((value, i) => {
      const own = pieces[i] as Map<number, number>;
      const rarest = [...own.keys()].reduce(
        (best: number | null, piece) =>
          best === null || (count.get(piece) ?? 0) < (count.get(best) ?? 0) ? piece : best,
        null,
      );
      if (rarest === null) {
        this.#others.push(value);
        return;
      }
      const length = own.get(rarest) ?? LONGEST;
      if (!this.#lengths.includes(length)) this.#lengths.push(length);
      const kept = this.#byPiece.get(rarest);
      if (kept === undefined) this.#byPiece.set(rarest, [value]);
      else kept.push(value);
    });
  }

  /** Every value that could fit any of the texts. */
  find(texts: readonly string[]): Iterable<T> {
    if (this.all.length <= FEW) return this.all;
    const found = new Set(this.#others);
    for (const length of this.#lengths) {
      for (const text of texts) {
        for (let at = 0; at + length <= text.length; at++) {
          const kept = this.#byPiece.get(hash(text, at, length));
          if (kept !== undefined) for (const value of kept) found.add(value);
        }
      }
    }
    return found;
  }
}

/** Hashes of all pieces, with their lengths. */
function piecesOf(texts: readonly string[]): Map<number, number> {
  const pieces = new Map<number, number>();
  const longest = Math.min(LONGEST, Math.max(0, ...texts.map((text) => text.length)));
  if (longest === 0) return pieces;
  for (const text of texts) {
    for (let at = 0; at + longest <= text.length; at++) {
      pieces.set(hash(text, at, longest), longest);
    }
  }
  return pieces;
}

function hash(text: string, at: number, length: number): number {
  let value = length;
  for (let i = at; i < at + length; i++) {
    value = (Math.imul(value, 0x01000193) ^ text.charCodeAt(i)) | 0;
  }
  return value;
}
