// Rules as they are judged by: entries with their compiled patterns, and an index that keeps a
// decision flat from ten to ten thousand rules. It reads no file and decides nothing.
import { sha256Hex } from '../bus/action.ts';
import type { Effect } from '../bus/messages.ts';
import { ExactIndex } from './exact-index.ts';
import { globMatches, makeGlob } from './glob.ts';
import { LooseIndex } from './loose-index.ts';
import { PathIndex } from './path-index.ts';
import { isAnything, type Pattern, readPattern } from './pattern.ts';
import { RegexIndex } from './regex-index.ts';
import type { ToolSettings } from './tools-settings.ts';

/** One rule as people see it. */
export interface RuleEntry {
  /** Its place in the list, from 1. */
  readonly number: number;
  /** The same for the same rule wherever it stands: its uses are counted under it. */
  readonly key: string;
  /** The grant that this is, or null for a rule of the file. */
  readonly grant: string | null;
  /** The preset that brought it, or null. */
  readonly preset: string | null;
  readonly effect: Effect;
  /** In Countersign's own form. */
  readonly pattern: string;
  /** `deny: rm -rf *` */
  readonly written: string;
  readonly reason: string | null;
  /** How many different people must approve what an ask rule catches. */
  readonly approvals: number;
  readonly dangerous: boolean;
  /** The profile that a command allowed by this rule runs in, where the rule names one. */
  readonly sandbox: 'strict' | 'moderate' | null;
  /** `inside`: what its wildcards cover names nothing outside of the working directory. */
  readonly paths: 'inside' | null;
  /** Globs of the working directory, the requester and the platform, where the rule has them. */
  readonly in: string | null;
  readonly from: string | null;
  readonly on: string | null;
}

/** What a rule is made of before it has a number. */
export type RuleSource = Pick<RuleEntry, 'effect' | 'pattern'> &
  Partial<Omit<RuleEntry, 'number' | 'key' | 'written' | 'effect' | 'pattern'>>;

/** A rule with its compiled pattern. */
export interface CompiledRule {
  readonly entry: RuleEntry;
  readonly pattern: Pattern;
}

/** All rules in force, with a version that changes whenever their text does. */
export interface RuleSet {
  /** SHA-256 (hex) of the source text, or of the given lists. */
  readonly version: string;
  readonly rules: readonly RuleEntry[];
  readonly compiled: CompiledRules;
  /** What the policy file says of tools. */
  readonly tools: ToolSettings;
}

/** The rules by what they apply to. */
interface CompiledRules {
  readonly allow: ExactIndex;
  readonly ask: LooseIndex;
  readonly deny: LooseIndex;
  /** Rules about files that are opened. */
  readonly paths: readonly CompiledRule[];
  /** The same, to be found by a path. */
  readonly files: Readonly<Record<Effect, Readonly<Record<'read' | 'write', PathIndex>>>>;
  /** All deny and ask rules about files: most operands are of no interest to any. */
  readonly opens: PathIndex;
  /** Deny rules over the raw text. */
  readonly regexes: RegexIndex;
  /** Whether any deny or ask rule is about commands: then a program must be known by its name. */
  readonly restricts: boolean;
}

/** Where and for whom a command is judged. */
export interface RuleScope {
  readonly requester: string;
  readonly platform: string;
  readonly cwd: string;
  readonly home: string | null;
}

/** Compiles lists of patterns as they are, even those that would be refused when stored. */
export function compileRules(source: {
  allow?: string[];
  deny?: string[];
  ask?: string[];
}): RuleSet {
  const rules: RuleSource[] = [];
  for (const effect of ['deny', 'ask', 'allow'] as const) {
    for (const pattern of source[effect] ?? []) rules.push({ effect, pattern });
  }
  const { allow = [], deny = [], ask = [] } = source;
  return buildRuleSet(rules, sha256Hex(JSON.stringify({ allow, ask, deny })));
}

/** Numbers and indexes rules. */
export function buildRuleSet(
  sources: readonly RuleSource[],
  version: string,
  tools: ToolSettings = {},
): RuleSet {
  return layer(null, sources, version, tools);
}

/**
 * The base's rules and, numbered after them, grants. The base is shared, not indexed anew: it costs
 * what the grants cost, however many rules the file has.
 */
export function withGrants(base: RuleSet, grants: readonly RuleSource[], version: string): RuleSet {
  return layer(base, grants, version, base.tools);
}

function layer(
  base: RuleSet | null,
  sources: readonly RuleSource[],
  version: string,
  tools: ToolSettings,
): RuleSet {
  const before = base?.rules ?? [];
  const compiled = sources.map((source, i) => compileRule(source, before.length + i + 1));
  const of = (kind: Pattern['kind'], effect: Effect) =>
    compiled.filter((rule) => rule.entry.effect === effect && rule.pattern.kind === kind);
  const [deny, ask, allow] = [of('command', 'deny'), of('command', 'ask'), of('command', 'allow')];
  const opening = [...of('path', 'deny'), ...of('path', 'ask')];
  const under = base?.compiled;
  const files = (effect: Effect) => ({
    read: pathIndex(under?.files[effect].read, of('path', effect), 'read'),
    write: pathIndex(under?.files[effect].write, of('path', effect), 'write'),
  });
  return Object.freeze({
    version,
    tools,
    rules: [...before, ...compiled.map((rule) => rule.entry)],
    compiled: {
      allow: under?.allow.with(allow) ?? new ExactIndex(allow),
      ask: under?.ask.with(ask) ?? new LooseIndex(ask),
      deny: under?.deny.with(deny) ?? new LooseIndex(deny),
      files: { allow: files('allow'), ask: files('ask'), deny: files('deny') },
      paths: [...(under?.paths ?? []), ...compiled.filter((rule) => rule.pattern.kind === 'path')],
      opens: under?.opens.with(opening) ?? new PathIndex(opening),
      regexes: under?.regexes.with(of('regex', 'deny')) ?? new RegexIndex(of('regex', 'deny')),
      restricts:
        under?.restricts === true || [...deny, ...ask].some((rule) => !everything(rule.pattern)),
    },
  });
}

function pathIndex(
  base: PathIndex | undefined,
  rules: readonly CompiledRule[],
  access: 'read' | 'write',
): PathIndex {
  const own = rules.filter(({ pattern }) => pattern.kind === 'path' && pattern.access === access);
  return base?.with(own) ?? new PathIndex(own);
}

function compileRule(source: RuleSource, number: number): CompiledRule {
  const read = readPattern(source.pattern);
  const entry: RuleEntry = {
    number,
    key: keyOf(source, read.text),
    grant: source.grant ?? null,
    preset: source.preset ?? null,
    effect: source.effect,
    pattern: read.text,
    written: `${source.effect}: ${read.text}`,
    reason: source.reason ?? null,
    approvals: source.approvals ?? 1,
    dangerous: source.dangerous ?? false,
    sandbox: source.sandbox ?? null,
    paths: source.paths ?? null,
    in: source.in ?? null,
    from: source.from ?? null,
    on: source.on ?? null,
  };
  return { entry: Object.freeze(entry), pattern: read.pattern };
}

/** 16 hex digits of what the rule says; a grant's key is its own. */
function keyOf(source: RuleSource, pattern: string): string {
  if (source.grant !== undefined && source.grant !== null) return `grant:${source.grant}`;
  const { effect, in: cwd = null, from = null, on = null, paths = null } = source;
  const parts = [effect, pattern, cwd, from, on, ...(paths === null ? [] : [paths])];
  return sha256Hex(JSON.stringify(parts)).slice(0, 16);
}

function everything(pattern: Pattern): boolean {
  return pattern.kind === 'command' && isAnything(pattern.command);
}

/** Whether a rule's `in`, `from` and `on` fit. */
export function inScope(entry: RuleEntry, scope: RuleScope): boolean {
  if (entry.in !== null && !directoryFits(entry.in, scope)) return false;
  if (entry.from !== null && !textFits(entry.from, scope.requester)) return false;
  return entry.on === null || textFits(entry.on, scope.platform);
}

function textFits(glob: string, text: string): boolean {
  return globMatches(makeGlob([{ text: glob, quoted: false }]), text, true);
}

/** `~/code/**` also fits `~/code` itself. */
function directoryFits(glob: string, scope: RuleScope): boolean {
  let full = glob;
  if (glob === '~' || glob.startsWith('~/')) {
    if (scope.home === null) return false;
    full = scope.home + glob.slice(1);
  }
  const cwd = scope.cwd.length > 1 ? scope.cwd.replace(/\/+$/, '') : scope.cwd;
  if (/(?:^|\/)\.\.(?:\/|$)/.test(cwd)) return false;
  const fits = (text: string) => globMatches(makeGlob([{ text, quoted: false }]), cwd, false);
  return fits(full.replace(/\/+$/, '')) || (full.endsWith('/**') && fits(full.slice(0, -3)));
}
