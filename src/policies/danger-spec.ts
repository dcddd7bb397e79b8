// How the dangers of one program are written down. The facts are in danger-tables.ts and the files
// that it joins; what follows from them is decided in dangers.ts.

/** What of a program a wildcard does not cover. */
export interface ProgramDanger {
  /** Dangerous letters. */
  readonly short?: string;
  /** Harmless letters that take a value: what is glued to them is no option. */
  readonly values?: string;
  /** Dangerous long options; every abbreviation counts. */
  readonly long?: readonly string[];
  /** Long options are dangerous whose name, without dashes and in small letters, fits this. */
  readonly stems?: RegExp;
  /** Whole long options that only look like a dangerous one. */
  readonly safe?: readonly string[];
  /** Whole words that are harmless whatever else is said of their letters. */
  readonly plainWords?: readonly string[];
  /** Dangerous words of any form. */
  readonly words?: readonly string[];
  /** Dangerous options whose value a wildcard may cover once the option itself is spelled out. */
  readonly plain?: readonly string[];
  /** Words that begin like this are dangerous. */
  readonly prefixes?: readonly string[];
  /** Operands are run, loaded or written: only paths below the working directory are covered. */
  readonly localOperands?: boolean;
  /** Subcommands that are harmless; a wildcard covers no other. */
  readonly subcommands?: readonly string[];
  /** Options without a value that may stand before the subcommand. */
  readonly flags?: readonly string[];
  /** Verbs behind a subcommand that only look. */
  readonly looks?: ReadonlyMap<string, readonly string[]>;
  /** Verbs behind a subcommand that are covered once the rule names the subcommand. */
  readonly verbs?: ReadonlyMap<string, readonly string[]>;
  /** Subcommands, or pairs with a verb, that are covered once the rule names all of them. */
  readonly named?: readonly string[];
  /** Options that are harmless behind a subcommand: `kubectl logs -f`. */
  readonly free?: ReadonlyMap<string, string>;
  /** Its long options have one dash: only `words` are looked at. */
  readonly singleDash?: boolean;
  /** Its long options have one dash or two, in any case. */
  readonly oneOrTwo?: boolean;
  /** Its first word is a cluster of options even without a dash. */
  readonly bundled?: boolean;
  /** Why no wildcard covers any word of it. */
  readonly never?: string;
  /** First words that only look; once the rule names one, `never` is for options alone. */
  readonly looksWith?: RegExp;
}

/** Words of a table row. */
export function list(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
