// What the rules say of a tool call: `read PATH`, `write PATH`, `http METHOD URL` and `NAME ...`
// rules. Pure like the judgement of commands: deny beats ask beats allow, and what is not
// understood asks.
import type { Effect, JudgedCommand, Judgement } from '../bus/messages.ts';
import { type Glob, globMatches } from './glob.ts';
import { type JudgeContext, judge } from './judge.ts';
import { climbs } from './match-allow.ts';
import { pathFits } from './paths.ts';
import { type CommandPattern, isAnything } from './pattern.ts';
import { type CompiledRule, inScope, type RuleEntry, type RuleSet } from './rules.ts';
import { type ReadCall, readCall, type ToolCall, type ToolUse } from './tools.ts';
import { knownTool } from './tools-table.ts';
import { readUrlPattern, urlFits } from './tools-url.ts';

export interface ToolContext extends JudgeContext {
  /**
   * The path behind all symbolic links, or null where that cannot be known. Without it paths are
   * taken as they are written.
   */
  readonly resolveLinks?: (path: string) => string | null;
}

/** Judges a tool call. */
export function judgeTool(call: ToolCall, rules: RuleSet, context: ToolContext): Judgement {
  const known = knownTool(call.tool, rules.tools);
  const read = readCall(call, known, context);
  const trial = new ToolTrial(read, rules, context);
  trial.judgeName();
  for (const use of read.uses) {
    if (use.kind === 'shell') {
      const { cwd } = use.action;
      trial.judgeShell(judge(use.action, rules, { ...context, cwd }));
    } else trial.judgeUse(use, known?.restrictsOnly === true);
  }
  return trial.result();
}

type Match = 'yes' | 'maybe' | 'no';
type Touch = Exclude<ToolUse, { kind: 'shell' }>;

class ToolTrial {
  readonly #read: ReadCall;
  readonly #rules: RuleSet;
  readonly #context: ToolContext;
  readonly #parts: JudgedCommand[] = [];
  readonly #reasons: Record<Effect, string[]> = { deny: [], ask: [], allow: [] };
  readonly #used = { deny: new Set<string>(), ask: new Set<string>(), allow: new Set<string>() };
  /** What no rule speaks of: asked or denied, as the file says. */
  readonly #open: string[] = [];
  readonly #shell: Judgement[] = [];
  readonly #warnings = new Set<string>();
  #approvals = 1;
  #named: RuleEntry | null = null;

  constructor(read: ReadCall, rules: RuleSet, context: ToolContext) {
    this.#read = read;
    this.#rules = rules;
    this.#context = context;
  }

  /** Rules that name the tool. */
  judgeName(): void {
    const { words, uses } = this.#read;
    const restricted = this.#restrict(words, (rule) => nameMatches(rule, words));
    const shell = uses.some((use) => use.kind === 'shell');
    this.#named = shell ? null : this.#allowing((rule) => nameCovers(rule, words));
    if (restricted || (uses.length > 0 && this.#named === null)) return;
    this.#settle(words, this.#named, `no rule allows the tool ${words[0] ?? ''}`);
  }

  judgeUse(use: Touch, restrictsOnly: boolean): void {
    const words = wordsOf(use);
    if (this.#restrict(words, (rule) => this.#useMatches(rule, use))) return;
    if (this.#named !== null) return;
    const rule = this.#allowing((one) => this.#useCovered(one, use));
    if (rule !== null && restrictsOnly) {
      const name = this.#read.words[0] ?? '';
      const why = `${rule.written} does not cover it: nobody said what ${name} does; its own rule (allow: ${name} *) or tools.map in the policy file would`;
      this.#settle(words, null, why);
    } else this.#settle(words, rule, `no rule allows ${words.join(' ')}`);
  }

  /** A command line within a call is judged as any other. */
  judgeShell(judgement: Judgement): void {
    this.#shell.push(judgement);
    for (const warning of judgement.warnings) this.#warnings.add(warning);
    this.#parts.push(...judgement.commands);
    this.#approvals = Math.max(this.#approvals, judgement.approvals);
    this.#reasons[judgement.effect].push(...judgement.reasons);
    for (const key of judgement.used) this.#used[judgement.effect].add(key);
  }

  result(): Judgement {
    const { problems } = this.#read;
    const byDefault = this.#rules.tools.default ?? 'ask';
    for (const why of [...problems, ...this.#open]) {
      const note = byDefault === 'deny' ? `${why}, and tools.default is deny` : why;
      this.#reasons[byDefault].push(note);
    }
    const { deny, ask, allow } = this.#reasons;
    const effect = deny.length > 0 ? 'deny' : ask.length > 0 ? 'ask' : 'allow';
    return {
      effect,
      approvals: effect === 'ask' ? this.#approvals : 1,
      understood: problems.length === 0 && this.#shell.every((one) => one.understood),
      commands: this.#parts,
      reasons: [...new Set([...deny, ...ask, ...(effect === 'allow' ? allow : [])])],
      warnings: [...this.#warnings],
      used: [...this.#used[effect]],
      findings: [],
      policyVersion: this.#rules.version,
    };
  }

  /** What deny and ask rules say; true where one of them decides. */
  #restrict(words: readonly string[], matches: (rule: CompiledRule) => Match): boolean {
    const asked: string[] = [];
    const shown = shorten(words.join(' '));
    let by: RuleEntry | null = null;
    for (const rule of this.#candidates()) {
      const { entry } = rule;
      if (entry.effect === 'allow' || !inScope(entry, this.#context)) continue;
      const match = matches(rule);
      if (match === 'no') continue;
      const sure = match === 'yes';
      if (sure && entry.effect === 'deny') {
        const reason = because(entry, shown);
        this.#used.deny.add(entry.key);
        this.#reasons.deny.push(reason);
        this.#parts.push({ words, effect: 'deny', rule: entry.written, reason });
        return true;
      }
      if (entry.effect === 'ask') this.#approvals = Math.max(this.#approvals, entry.approvals);
      this.#used.ask.add(entry.key);
      asked.push(
        sure ? because(entry, shown) : `${shown}: may touch what ${entry.written} is about`,
      );
      by ??= entry;
    }
    if (by === null) return false;
    const reason = asked[0] ?? '';
    this.#reasons.ask.push(...asked);
    this.#parts.push({ words, effect: 'ask', rule: by.written, reason });
    return true;
  }

  #settle(words: readonly string[], rule: RuleEntry | null, open: string): void {
    if (rule === null) {
      this.#open.push(open);
      const effect = this.#rules.tools.default ?? 'ask';
      this.#parts.push({ words, effect, rule: null, reason: open });
      return;
    }
    const reason = `allowed by ${rule.written}`;
    this.#used.allow.add(rule.key);
    if (rule.dangerous) this.#warnings.add(`dangerous rule used: ${rule.written}`);
    this.#reasons.allow.push(reason);
    this.#parts.push({ words, effect: 'allow', rule: rule.written, reason });
  }

  /** Every rule about commands or files; tools are rare enough to look at them all. */
  #candidates(): readonly CompiledRule[] {
    const { deny, ask, paths } = this.#rules.compiled;
    const all = [...deny.all, ...ask.all, ...paths];
    // A denial ends the search.
    return all
      .filter((one) => one.entry.effect === 'deny')
      .concat(all.filter((one) => one.entry.effect === 'ask'));
  }

  #allowing(covers: (rule: CompiledRule) => boolean): RuleEntry | null {
    const { allow, paths } = this.#rules.compiled;
    const found = [...allow.all, ...paths].find(
      (rule) => rule.entry.effect === 'allow' && inScope(rule.entry, this.#context) && covers(rule),
    );
    return found?.entry ?? null;
  }

  #useMatches({ pattern }: CompiledRule, use: Touch): Match {
    if (use.kind === 'http') {
      const fits = pattern.kind === 'command' && httpFits(pattern.command, use, false);
      return fits ? 'yes' : 'no';
    }
    if (pattern.kind !== 'path' || pattern.command !== null) return 'no';
    if (pattern.access !== use.access) return 'no';
    const paths = [use.path, this.#behind(use.path)].filter((path) => path !== null);
    if (globMatches(pattern.path, use.written, true)) return 'yes';
    const within = use.tree === undefined ? [] : paths.map((path) => `${path}/\u0001`);
    const fits = (path: string) => pathFits(pattern.path, path, this.#context, true);
    if ([...paths, ...within].some(fits)) return 'yes';
    const below =
      use.tree === 'contents' && paths.some((path) => this.#reaches(pattern.path, path));
    return below ? 'maybe' : 'no';
  }

  /** The path behind links; the path itself where nobody can look. */
  #behind(path: string): string | null {
    const { resolveLinks } = this.#context;
    return resolveLinks === undefined ? path : resolveLinks(path);
  }

  /** Whether files that a pattern speaks of can lie below a directory. */
  #reaches(glob: Glob, directory: string): boolean {
    const { home, cwd } = this.#context;
    const { source } = glob;
    if (!source.includes('/')) return true;
    const inHome = source.startsWith('~/') ? `${home ?? ''}${source.slice(1)}` : source;
    const full = inHome.startsWith('/') ? inHome : `${cwd}/${inHome}`;
    const start = full.replace(/[*?].*$/s, '');
    const inside = directory === '/' ? '/' : `${directory}/`;
    // Without a wildcard it is one place; with one, any place behind its beginning.
    return start.startsWith(inside) || (start !== full && inside.startsWith(start));
  }

  #useCovered({ pattern }: CompiledRule, use: Touch): boolean {
    if (this.#read.problems.length > 0) return false;
    if (use.kind === 'http') {
      return pattern.kind === 'command' && httpFits(pattern.command, use, true);
    }
    if (pattern.kind !== 'path' || pattern.command !== null) return false;
    if (pattern.access !== use.access) return false;
    return [use.path, this.#behind(use.path)].every(
      (path) => path !== null && this.#covered(pattern.path, path, use.tree !== undefined),
    );
  }

  #covered(glob: Glob, path: string, tree: boolean): boolean {
    const fits = (one: string) => pathFits(glob, one, this.#context, false);
    if (!tree) return fits(path);
    // A rule covers a directory where it covers whatever may lie in it, at any depth.
    const inside = path === '/' ? '' : path;
    return ['/\u0001', '/\u0001/\u0001/\u0001'].every((probe) => fits(inside + probe));
  }
}

function because(entry: RuleEntry, shown: string): string {
  const verb = entry.effect === 'deny' ? 'denied by' : 'asked by';
  return `${shown}: ${verb} ${entry.written}${entry.reason ? ` (${entry.reason})` : ''}`;
}

function wordsOf(use: Touch): string[] {
  return use.kind === 'http' ? ['http', use.method, use.url.href] : [use.access, use.path];
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Deny and ask rules: any further arguments may be there. */
function nameMatches({ pattern }: CompiledRule, words: readonly string[]): Match {
  if (pattern.kind !== 'command') return 'no';
  const [name, ...wanted] = pattern.command.words;
  if (name === undefined) return isAnything(pattern.command) ? 'yes' : 'no';
  if (!globMatches(name, words[0] ?? '', true)) return 'no';
  const given = words.slice(1);
  return wanted.every((glob) => given.some((word) => globMatches(glob, word, true))) ? 'yes' : 'no';
}

/** Allow rules: the tool by its name, and every argument unless the pattern ends in `*`. */
function nameCovers({ pattern }: CompiledRule, words: readonly string[]): boolean {
  if (pattern.kind !== 'command' || pattern.command.assignments.length > 0) return false;
  const [name, ...wanted] = pattern.command.words;
  if (name === undefined || !(name.literal === words[0] || ownServer(name, words[0] ?? ''))) {
    return false;
  }
  const given = words.slice(1);
  const covers = (glob: Glob, word: string) =>
    glob.literal === null ? !climbs(word) && globMatches(glob, word, true) : glob.literal === word;
  if (!wanted.every((glob) => given.some((word) => covers(glob, word)))) return false;
  return pattern.command.rest || given.every((word) => wanted.some((glob) => covers(glob, word)));
}

/** `mcp__github__get_*`: a wildcard behind the name of one server. */
function ownServer(name: Glob, given: string): boolean {
  return /^mcp__[^*?]+?__/.test(name.source) && globMatches(name, given, false);
}

function httpFits(
  pattern: CommandPattern,
  use: Extract<Touch, { kind: 'http' }>,
  exact: boolean,
): boolean {
  const [name, method, address, ...more] = pattern.words;
  if (name?.literal !== 'http' || more.length > 0) return false;
  if (method === undefined) return pattern.rest || !exact;
  if (!globMatches(method, use.method, false)) return false;
  if (address === undefined) return pattern.rest || !exact;
  const url = readUrlPattern(address.source);
  return url !== null && urlFits(url, use.url, exact);
}
