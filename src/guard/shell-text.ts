// A shell line taken apart for detection: which simple commands there are, what flows into what,
// what stands in quotes. It reads everything, also what bash would refuse, and is never the base of
// an allow: reading shell soundly is the business of policies.

/** A word after quote removal; expansions stay in `text` as they were written. */
export interface Word {
  readonly at: number;
  readonly end: number;
  readonly text: string;
  /** Written without any quote or backslash. */
  readonly isPlain: boolean;
  /** Holds `$'...'` with escapes for characters that could have been written plainly. */
  readonly isSpelled: boolean;
  /** Substitutions inside: `$(...)`, backquotes, `<(...)` and `>(...)`. */
  readonly inner: readonly Inner[];
}

export interface Inner {
  /** `into`: what the command writes flows into the script, as in `tee >(sh)`. */
  readonly flow: 'out' | 'into';
  readonly script: Script;
}

export interface Redirect {
  readonly operator: string;
  readonly target: Word;
  /** Of a heredoc. */
  readonly body: string | null;
}

export interface Simple {
  readonly kind: 'simple';
  readonly words: Word[];
  readonly assignments: Word[];
  readonly redirects: Redirect[];
}

export interface Group {
  readonly kind: 'group';
  readonly body: Script;
  readonly redirects: Redirect[];
}

export type Stage = Simple | Group;
/** Stages joined by `|`. */
export type Pipeline = readonly Stage[];
export type Script = readonly Pipeline[];

/** A text as read. Spans are pairs of offsets, in order of their beginnings. */
export interface ShellText {
  readonly script: Script;
  readonly quoted: readonly (readonly [at: number, end: number])[];
  readonly comments: readonly (readonly [at: number, end: number])[];
  /** Nested deeper than anybody writes; the rest was not taken apart. */
  readonly isTooDeep: boolean;
}
