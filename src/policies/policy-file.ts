// Reads the policy file: strict, all mistakes at once, each with its line. It neither opens nor
// writes it. A file whose own examples fail does not load. Presets that it names are read with it.
import { Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { sha256Hex } from '../bus/action.ts';
import { failureLines, type TestedRule, testExamples } from './examples.ts';
import { nearestKey } from './nearest.ts';
import { isAnything, readPattern } from './pattern.ts';
import { byLine, offsetOf } from './policy-file-places.ts';
import { readPresets } from './preset-rules.ts';
import { buildRuleSet, type RuleSet, type RuleSource } from './rules.ts';
import { ToolMeaning, ToolSettings } from './tools-settings.ts';

/** Characters of a policy file that is read at all. */
export const FILE_LIMIT = 4 * 1024 * 1024;

const Text = z.string().min(1);
const Lines = z.array(z.string());

/** One rule as it is written in the file. */
const RuleText = z.strictObject({
  allow: Text.optional(),
  ask: Text.optional(),
  deny: Text.optional(),
  reason: Text.optional(),
  approvals: z.int().min(1).max(20).optional(),
  dangerous: z.boolean().optional(),
  in: Text.optional(),
  from: Text.optional(),
  on: Text.optional(),
  sandbox: z.enum(['strict', 'moderate']).optional(),
  paths: z.literal('inside').optional(),
  examples: z.strictObject({ match: Lines.optional(), not_match: Lines.optional() }).optional(),
});
type RuleText = z.infer<typeof RuleText>;

/** The whole file. `allow`, `ask` and `deny` at the top are the short form. */
const PolicyText = z.strictObject({
  version: z.literal(1).optional(),
  /** Whether rules that are dangerous may be added from chat and the command line. */
  dangerous: z.boolean().optional(),
  /** Presets whose rules stand behind the file's own. */
  presets: z.array(Text).nullish(),
  rules: z.array(RuleText).nullish(),
  allow: z.array(Text).nullish(),
  ask: z.array(Text).nullish(),
  deny: z.array(Text).nullish(),
  /** What tools mean, and what happens to those that no rule speaks of. */
  tools: ToolSettings.nullish(),
});

/** Where a rule stands in the file: `['rules', 3]`, `['allow', 0]`. */
type RulePlace = readonly [list: string, index: number];

/** A file as read, with what is needed to edit it. */
export interface PolicyDocument {
  readonly document: Document;
  readonly rules: RuleSet;
  /** The place of each rule, in the order of their numbers; those of presets have none. */
  readonly places: readonly RulePlace[];
  readonly dangerousPermitted: boolean;
  /** Every rule that has examples, those of presets among them. */
  readonly tested: readonly TestedRule[];
}

type Problems = {
  readonly ok: false;
  readonly problems: string[];
  readonly tested?: readonly TestedRule[];
};

/** Reads a policy file's text. `fileName` is only for the messages. */
export function parsePolicyFile(
  text: string,
  fileName: string,
): { ok: true; rules: RuleSet } | { ok: false; problems: string[] } {
  const read = readPolicyDocument(text, fileName);
  return read.ok ? { ok: true, rules: read.file.rules } : read;
}

/** The same, with the document for editing. */
export function readPolicyDocument(
  text: string,
  fileName: string,
): { readonly ok: true; readonly file: PolicyDocument } | Problems {
  if (text.length > FILE_LIMIT) {
    return { ok: false, problems: [`${fileName}: larger than 4 MiB: that is no policy file`] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => `${fileName}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (error) =>
        `${at(error.pos[0])}: ${error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '')}`,
    );
    return { ok: false, problems };
  }
  const where = (path: readonly PropertyKey[]) => at(offsetOf(document, path));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    return { ok: false, problems: [`${fileName}: ${String(error)}`] };
  }
  const parsed = PolicyText.safeParse(value);
  if (parsed.success) return compile(parsed.data, document, text, where);
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, where));
  // What is readable is checked all the same, so that all mistakes are told at once.
  const rest = compile(salvage(value), document, text, where);
  const all = byLine([...problems, ...(rest.ok ? [] : rest.problems)]);
  return { ok: false, problems: all, tested: (rest.ok ? rest.file.tested : rest.tested) ?? [] };
}

/** The rules of a broken file that are right in themselves, in their places. */
function salvage(value: unknown): z.infer<typeof PolicyText> {
  const whole = z.record(z.string(), z.unknown()).safeParse(value);
  if (!whole.success) return {};
  const named = PolicyText.shape.presets.safeParse(whole.data['presets']);
  const presets = named.success ? named.data : null;
  if (!Array.isArray(whole.data['rules'])) return { presets };
  const rules = whole.data['rules'].map((rule): RuleText => {
    const parsed = RuleText.safeParse(rule);
    // A stand-in that has no mistakes of its own keeps the numbering.
    return parsed.success ? parsed.data : { deny: 'false' };
  });
  return { presets, rules };
}

function describeIssue(
  issue: z.core.$ZodIssue,
  where: (path: readonly PropertyKey[]) => string,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => {
      const meant = nearestKey(key, known);
      const hint =
        meant === null ? `known here are ${known.join(', ')}` : `did you mean "${meant}"?`;
      return `${where([...issue.path, key])}: "${key}" is not a known key: ${hint}`;
    });
  }
  const path = issue.path.map((step) =>
    typeof step === 'number' ? `[${step}]` : `.${String(step)}`,
  );
  const name = path.join('').replace(/^\./, '') || 'the file';
  return [`${where(issue.path)}: ${name}: ${issue.message}`];
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(PolicyText.shape);
  if (path.at(-1) === 'examples') return ['match', 'not_match'];
  if (path[0] === 'tools') return Object.keys((path[1] ? ToolMeaning : ToolSettings).shape);
  return Object.keys(RuleText.shape);
}

const EFFECTS = ['allow', 'ask', 'deny'] as const;

function compile(
  data: z.infer<typeof PolicyText>,
  document: Document,
  text: string,
  where: (path: readonly PropertyKey[]) => string,
): { readonly ok: true; readonly file: PolicyDocument } | Problems {
  const problems: string[] = [];
  const sources: RuleSource[] = [];
  const places: RulePlace[] = [];
  const tested: TestedRule[] = [];
  const add = (source: RuleSource, place: RulePlace, examples?: RuleText['examples']) => {
    const wrong = sourceProblem(source);
    const report = testExamples(source, wrong === null ? (examples ?? {}) : {});
    const found = wrong === null ? failureLines(report) : [wrong];
    problems.push(...found.map((problem) => `${where(place)}: ${problem}`));
    if (report.count > 0) tested.push({ ...report, at: where(place) });
    sources.push(source);
    places.push(place);
  };
  (data.rules ?? []).forEach((rule, i) => {
    const effects = EFFECTS.filter((effect) => rule[effect] !== undefined);
    const effect = effects[0];
    if (effect === undefined || effects.length > 1) {
      problems.push(`${where(['rules', i])}: a rule has exactly one of allow, ask and deny`);
      return;
    }
    const { examples, allow: _allow, ask: _ask, deny: _deny, ...rest } = rule;
    add({ ...dropUndefined(rest), effect, pattern: rule[effect] ?? '' }, ['rules', i], examples);
  });
  for (const effect of EFFECTS) {
    (data[effect] ?? []).forEach((pattern, i) => {
      add({ effect, pattern }, [effect, i]);
    });
  }
  const presets = readPresets(data.presets ?? [], where, readPolicyDocument);
  problems.push(...presets.problems);
  tested.push(...presets.tested);
  if (problems.length > 0) return { ok: false, problems: byLine(problems), tested };
  const version = sha256Hex([text, ...presets.texts].join('\0'));
  const rules = buildRuleSet([...sources, ...presets.sources], version, data.tools ?? {});
  const dangerousPermitted = data.dangerous === true;
  return { ok: true, file: { document, rules, places, dangerousPermitted, tested } };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function dropUndefined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

function sourceProblem(source: RuleSource): string | null {
  const { pattern, problem } = readPattern(source.pattern);
  if (problem !== null) return `${source.effect}: ${source.pattern}: ${problem}`;
  if (pattern.kind === 'regex' && source.effect !== 'deny') {
    return `${source.effect}: ${source.pattern}: regular expressions are for deny rules only`;
  }
  if (source.approvals !== undefined && source.effect !== 'ask') {
    return 'approvals belongs to ask rules: nobody is asked about the others';
  }
  if (source.dangerous === true && source.effect !== 'allow') {
    return 'dangerous belongs to allow rules: the others only restrict';
  }
  const words = pattern.kind === 'command' || (pattern.kind === 'path' && pattern.command !== null);
  if (source.paths === 'inside' && (source.effect !== 'allow' || !words)) {
    return 'paths belongs to allow rules about commands: it says what their wildcards cover';
  }
  const anything = pattern.kind === 'command' && isAnything(pattern.command);
  if (anything && source.effect === 'allow' && source.dangerous !== true) {
    return (
      'allow: * lets everything run that no other rule stops: write `dangerous: true` under ' +
      'the rule if that is meant, and a warning is logged each time it is used'
    );
  }
  return null;
}

/** An empty file, for a path where there is none yet. */
export function emptyPolicyDocument(): PolicyDocument {
  const document = new Document({ version: 1, rules: [] });
  return {
    document,
    rules: buildRuleSet([], sha256Hex('')),
    places: [],
    dangerousPermitted: false,
    tested: [],
  };
}
