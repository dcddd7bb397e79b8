// What an inspection says: the vocabulary of surfaces, findings and verdicts. No judgement here.

/** Where a text stands; it decides what is ordinary there. */
export const SURFACES = ['command', 'chat', 'output', 'path', 'url'] as const;
export type Surface = (typeof SURFACES)[number];

/** `block`: seen is not what runs. `warn`: visible but dangerous. */
export type Verdict = 'block' | 'warn' | 'clean';

/** `note` labels a text on its card and leaves the verdict as it is. */
export type Severity = 'block' | 'warn' | 'note';

/** What was found, for rules, counters and translations; `reason` says it to people. */
export type FindingKind =
  | 'control'
  | 'escape'
  | 'bidi'
  | 'zero-width'
  | 'variation-selector'
  | 'tag'
  | 'blank'
  | 'malformed'
  | 'combining'
  | 'confusable'
  | 'mixed-script'
  | 'look-alike'
  | 'padding'
  | 'hidden-line'
  | 'host'
  | 'url'
  | 'punycode'
  | 'typosquat'
  | 'metadata-endpoint'
  | 'pipe-to-shell'
  | 'encoded-execution'
  | 'reverse-shell'
  | 'exfiltration'
  | 'credentials'
  | 'environment'
  | 'persistence'
  | 'destruction'
  | 'obfuscation'
  | 'injection'
  | 'limit'
  | 'failure';

/** One thing found: where (UTF-16 units from the start), what, and why it matters. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly at: number;
  readonly length: number;
  /** The name of the code point, as `U+202E`, where it is about one. */
  readonly codePoint: string | null;
  readonly reason: string;
}

/** Everything found in one text, the most severe deciding. */
export interface Inspection {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** The findings of one text as they come, bounded. */
export class Findings {
  readonly list: Finding[] = [];
  // Most texts have none.
  #seen: Set<string> | null = null;

  add(
    kind: FindingKind,
    severity: Severity,
    at: number,
    length: number,
    reason: string,
    codePoint: string | null = null,
  ): void {
    const key = `${kind} ${at} ${reason}`;
    // What was found twice (a text read in two ways) is said once. Past the bound only the severity
    // still counts.
    this.#seen ??= new Set();
    if (this.#seen.has(key)) return;
    if (this.list.length >= MOST_FINDINGS && !this.#raises(severity)) return;
    this.#seen.add(key);
    this.list.push({ kind, severity, at, length, codePoint, reason });
  }

  #raises(severity: Severity): boolean {
    return severity === 'block' && this.verdict !== 'block'
      ? true
      : severity === 'warn' && this.verdict === 'clean';
  }

  get verdict(): Verdict {
    let worst: Verdict = 'clean';
    for (const { severity } of this.list) {
      if (severity === 'block') return 'block';
      if (severity === 'warn') worst = 'warn';
    }
    return worst;
  }
}

const MOST_FINDINGS = 100;
