// How the dangers of one program are written down. The tables are danger-files.ts, danger-build.ts
// and danger-tables.ts; what follows from them is decided in dangers.ts.

/** What of a program a wildcard does not cover. */
export interface ProgramDanger {
  /** Dangerous letters. */
  readonly short?: string;
  /** Harmless letters that take a value: what is glued to them is no option. */
  readonly values?: string;
  /** Dangerous long options; every abbreviation counts. */
  readonly long?: readonly string[];
  /** Whole long options that only look like an abbreviation of a dangerous one. */
  readonly safe?: readonly string[];
  /** Dangerous words of any form. */
  readonly words?: readonly string[];
  /** Dangerous options whose value a wildcard may cover once the option itself is spelled out. */
  readonly plain?: readonly string[];
  /** Words that begin like this are dangerous. */
  readonly prefixes?: readonly string[];
  /** Operands are run or loaded: only paths below the working directory are covered. */
  readonly localOperands?: boolean;
  /** Subcommands that are harmless; a wildcard covers no other. */
  readonly subcommands?: readonly string[];
  /** Verbs behind a subcommand that are covered once the rule names them. */
  readonly verbs?: ReadonlyMap<string, readonly string[]>;
  /** Options that are harmless behind a subcommand: `kubectl logs -f`. */
  readonly free?: ReadonlyMap<string, string>;
  /** Its long options have one dash: only `words` are looked at. */
  readonly singleDash?: boolean;
  /** Its first word is a cluster of options even without a dash. */
  readonly bundled?: boolean;
  /** Why no wildcard covers any word of it. */
  readonly never?: string;
}

/** Words of a table row. */
export function list(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
