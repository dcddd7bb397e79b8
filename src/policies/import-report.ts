// What became of the rules of another program: those that were carried over, each with how its
// meaning differs, and those that were not, each with why. Data and its YAML; it decides nothing.
import { Document, Scalar, type YAMLMap } from 'yaml';
import type { Effect } from '../bus/messages.ts';
import { admit } from './admission.ts';

/** A rule in Countersign's words. */
export interface ImportedRule {
  /** As it stood in the source: `deny: Bash(rm *)`; several where they mean the same. */
  readonly from: readonly string[];
  readonly effect: Effect;
  readonly pattern: string;
  /** Glob of the working directory that it is for, or null for everywhere. */
  readonly in: string | null;
  readonly reason: string | null;
  /** How its meaning differs from the source; null where it does not. */
  readonly note: string | null;
}

/** A rule that was not carried over. */
export interface LostRule {
  readonly from: string;
  readonly why: string;
}

export interface ImportReport {
  readonly rules: readonly ImportedRule[];
  readonly lost: readonly LostRule[];
  /** What holds for all of it. */
  readonly remarks: readonly string[];
}

export type ImportAnswer =
  | { readonly ok: true; readonly report: ImportReport }
  /** The text is not what it is said to be. */
  | { readonly ok: false; readonly problem: string };

type NewRule = Pick<ImportedRule, 'effect' | 'pattern'> &
  Partial<Pick<ImportedRule, 'in' | 'reason' | 'note'>> & { readonly from: string };

/** Gathers a report; a rule that would be refused when stored is told as lost, with the reason. */
export class ImportDraft {
  readonly #rules: (ImportedRule & { readonly from: string[] })[] = [];
  readonly #lost: LostRule[] = [];
  readonly #remarks: string[] = [];

  /** True where the rule may be stored. The same rule from another source is kept once. */
  add(rule: NewRule): boolean {
    const admission = admit(rule.effect, rule.pattern, false);
    if (!admission.admitted) {
      return this.lose(rule.from, admission.why);
    }
    const { from, effect, in: cwd = null, reason = null, note = null } = rule;
    const { pattern } = admission;
    const alike = (one: ImportedRule) =>
      one.effect === effect && one.pattern === pattern && one.in === cwd;
    const known = this.#rules.find(alike);
    if (known === undefined) {
      this.#rules.push({ from: [from], effect, pattern, in: cwd, reason, note });
    } else if (!known.from.includes(from)) known.from.push(from);
    return true;
  }

  lose(from: string, why: string): false {
    this.#lost.push({ from, why });
    return false;
  }

  remark(text: string): void {
    if (!this.#remarks.includes(text)) this.#remarks.push(text);
  }

  has(predicate: (rule: ImportedRule) => boolean): boolean {
    return this.#rules.some(predicate);
  }

  report(): ImportReport {
    return { rules: this.#rules, lost: this.#lost, remarks: this.#remarks };
  }
}

/** The report as a policy file that loads; `title` is its first line. */
export function importedYaml(report: ImportReport, title: string): string {
  const rules = report.rules.map(({ effect, pattern, in: cwd, reason }) => ({
    [effect]: pattern,
    ...(cwd !== null && { in: cwd }),
    ...(reason !== null && { reason }),
  }));
  const document = new Document({ version: 1, rules });
  report.rules.forEach((rule, i) => {
    const node = document.getIn(['rules', i], true) as YAMLMap;
    const before = report.rules[i - 1];
    const notes = rule.note === null ? [] : wrapped(rule.note).map((line) => `   ${line}`);
    if (before?.from.join() !== rule.from.join() || before.note !== rule.note) {
      const from = rule.from.map((one) => ` ${oneLine(one)}`);
      node.commentBefore = [...from, ...notes].join('\n');
      node.spaceBefore = i > 0;
    }
    const value = node.get(rule.effect, true);
    // A pattern that begins like YAML reads better in quotes.
    if (value instanceof Scalar && /^\//.test(rule.pattern)) value.type = Scalar.QUOTE_SINGLE;
  });
  const head = [title, ...report.remarks.flatMap(wrapped)].map((line) => `# ${line}`.trimEnd());
  const carried =
    report.rules.length === 0
      ? 'version: 1\nrules: []\n'
      : document.toString({ lineWidth: 0, flowCollectionPadding: false });
  return `${[...head, '#', `# Carried over: ${report.rules.length}`].join('\n')}\n${carried}${lostText(report)}`;
}

function lostText({ lost }: ImportReport): string {
  const lines = lost.flatMap(({ from, why }) => [
    `#   ${oneLine(from)}`,
    ...wrapped(why).map((line) => `#     ${line}`),
  ]);
  return ['', `# Not carried over: ${lost.length}`, ...lines, ''].join('\n');
}

/** Text from outside within a comment: what could end the line or the comment is written out. */
function oneLine(text: string): string {
  const shown = visible(text);
  return shown.length > 300 ? `${shown.slice(0, 299)}…` : shown;
}

function visible(text: string): string {
  return text.replace(/[^\P{C}\u200d]|[\u2028\u2029]/gu, (char) =>
    [...JSON.stringify(char).slice(1, -1)].join('').padStart(1),
  );
}

const WIDTH = 90;

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of visible(text).split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
