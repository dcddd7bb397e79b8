// The decision: action and rules in, judgement out. Pure and total: deny beats ask beats allow,
// and whatever is not understood asks. It runs nothing, reads no disk and never throws.
import type { Action } from '../bus/action.ts';
import type { Effect, JudgedCommand, Judgement } from '../bus/messages.ts';
import { type AllowOutcome, coverCommand, type Scope } from './allow.ts';
import { assignmentDanger } from './assignments.ts';
import { Readings } from './cache.ts';
import type { WordView } from './match-strict.ts';
import { pathMatchAllow, resolvePath, wordText, wordView } from './paths.ts';
import { directoryChange, readAction } from './read-action.ts';
import type { ReadCommand, Reading } from './read-line.ts';
import { restrictCommand, restrictRedirect } from './restrictions.ts';
import { inScope, type RuleEntry, type RuleSet } from './rules.ts';
import { LINE_LIMIT_BYTES } from './strict.ts';
import { unwrap, WRAPPER_DEPTH } from './unwrap.ts';
import type { ReadWord } from './word.ts';

/** Who asks, from where, and where it would run. */
export interface JudgeContext {
  readonly requester: string;
  readonly platform: string;
  readonly cwd: string;
  readonly home: string | null;
}

const remembered = new Readings();

/** Judges one action. Readings are kept in `readings`; null keeps none. */
export function judge(
  action: Action,
  rules: RuleSet,
  context: JudgeContext,
  readings: Readings | null = remembered,
): Judgement {
  const text = action.kind === 'shell' ? action.command : action.argv.join(' ');
  const reading = readAction(action, text, readings);
  const trial = new Trial(rules, context);
  trial.judgeText(text);
  trial.judgeReading(reading);
  return trial.result(reading);
}

interface Verdict {
  readonly effect: Effect;
  readonly rule: RuleEntry | null;
  readonly reason: string;
}

/** Commands that others run, in one line. */
const INNER_LIMIT = 400;

/** Words compared with rules, in one line: nobody's rules and lines come near. */
const LOOK_LIMIT = 40_000;

class Trial {
  readonly #rules: RuleSet;
  readonly #scope: Scope;
  readonly #view: WordView;
  readonly #commands: JudgedCommand[] = [];
  readonly #denied: string[] = [];
  readonly #asked: string[] = [];
  readonly #allowed: string[] = [];
  readonly #warnings: string[] = [];
  readonly #used: Record<Effect, string[]> = { allow: [], ask: [], deny: [] };
  /** The first words of possible commands. */
  #looked: Set<ReadWord> | null = null;
  #inner = 0;
  readonly #budget = { left: LOOK_LIMIT, operands: new Map() };
  #approvals = 1;
  #understood = true;

  constructor(rules: RuleSet, context: JudgeContext) {
    this.#rules = rules;
    this.#scope = { ...context, rules };
    this.#view = wordView(this.#scope);
  }

  /** Deny regexes see the raw text, whatever the reading makes of it. */
  judgeText(text: string): void {
    if (text.length > LINE_LIMIT_BYTES) return;
    for (const { entry } of this.#rules.compiled.regexes.matching(text)) {
      if (!inScope(entry, this.#scope)) continue;
      this.#denied.push(because(entry, 'the text'));
      this.#used.deny.push(entry.key);
    }
  }

  judgeReading(reading: Reading): void {
    if (reading.failure !== null) {
      this.#understood = false;
      this.#asked.push(`it cannot be read safely: ${reading.failure}`);
    }
    for (const hazard of reading.hazards) this.#asked.push(hazard);
    const moved = directoryChange(reading.commands, this.#scope);
    if (moved !== null) this.#asked.push(moved);
    for (const command of reading.commands) this.#judgeTop(command, reading.failure !== null);
  }

  #judgeTop(command: ReadCommand, unread: boolean): void {
    const outcome = unread ? null : coverCommand(command, this.#scope);
    this.#judgeTree(command, outcome, 0, true);
    for (const redirect of command.redirects) this.#judgeRedirect(command, redirect);
    const named = new Set(outcome?.covered ? outcome.assignments : []);
    for (const assignment of command.assignments) {
      const why = assignmentDanger(assignment);
      if (why === null || named.has(`${assignment.name}=${assignment.value.text ?? ''}`)) continue;
      this.#asked.push(why);
    }
  }

  /** This command and, through wrappers, all that it runs. */
  #judgeTree(
    command: ReadCommand,
    outcome: AllowOutcome | null,
    depth: number,
    listed: boolean,
  ): void {
    const unwrapped = this.#inner > INNER_LIMIT ? null : unwrap(command);
    const strict = this.#strict(command);
    const inner = unwrapped?.inner ?? [];
    const follows = inner.length > 0 && unwrapped?.loose === false;
    if (command.words.length > 0 && (depth === 0 || (listed && !follows) || strict !== null)) {
      this.#list(command, strict ?? allowVerdict(outcome, command));
    }
    if (strict !== null && strict.rule !== null) this.#used[strict.effect].push(strict.rule.key);
    if (strict?.effect === 'deny') this.#denied.push(strict.reason);
    else if (strict?.effect === 'ask') this.#asked.push(strict.reason);
    else if (depth === 0 && command.words.length > 0) this.#note(outcome);
    if (listed && command.words.some((word) => word.text === null)) this.#understood = false;
    if (unwrapped?.opaque && !unwrapped.loose && listed) this.#understood = false;
    if (depth >= WRAPPER_DEPTH) {
      if (inner.length > 0) this.#asked.push('more wrappers in each other than are looked through');
      return;
    }
    const within = listed && unwrapped?.loose === false;
    for (const one of inner) {
      if (!within && this.#lookedThrough(one)) continue;
      if (++this.#inner > INNER_LIMIT) {
        this.#asked.push(`it runs more than ${INNER_LIMIT} commands through others`);
        return;
      }
      this.#judgeTree(one, outcome, depth + 1, within);
      if (depth > 0 || unwrapped?.script) this.#judgeInnerParts(one, outcome);
    }
  }

  /** Whether a possible command that begins at the same word was looked at before. */
  #lookedThrough(command: ReadCommand): boolean {
    const first = command.words[0];
    if (first === undefined) return false;
    this.#looked ??= new Set();
    if (!this.#looked.has(first)) {
      this.#looked.add(first);
      return false;
    }
    this.#inner++;
    return true;
  }

  /** Redirections and assignments inside a script that a wrapper runs. */
  #judgeInnerParts(command: ReadCommand, outcome: AllowOutcome | null): void {
    const exact = outcome?.covered === true && outcome.exact;
    for (const redirect of command.redirects) this.#judgeRedirect(command, redirect, exact);
  }

  #list(command: ReadCommand, verdict: Verdict): void {
    this.#commands.push({
      words: command.words.map((word) => word.text),
      effect: verdict.effect,
      rule: verdict.rule?.written ?? null,
      reason: verdict.reason,
    });
  }

  #note(outcome: AllowOutcome | null): void {
    if (outcome === null) return;
    if (!outcome.covered) {
      this.#asked.push(outcome.why);
      return;
    }
    for (const rule of outcome.rules) {
      this.#allowed.push(`allowed by ${rule.written}`);
      this.#used.allow.push(rule.key);
      const warning = `dangerous rule used: ${rule.written}`;
      const broad = rule.dangerous || rule.pattern === '*';
      if (broad && !this.#warnings.includes(warning)) this.#warnings.push(warning);
    }
  }

  #judgeRedirect(
    command: ReadCommand,
    redirect: ReadCommand['redirects'][number],
    exact = false,
  ): void {
    const found = restrictRedirect(command, redirect, this.#rules, this.#scope);
    const where = `the redirection ${redirect.written}`;
    this.#approvals = Math.max(this.#approvals, found.approvals);
    for (const entry of found.certain) {
      this.#used[entry.effect].push(entry.key);
      (entry.effect === 'deny' ? this.#denied : this.#asked).push(because(entry, where));
    }
    for (const entry of found.possible) {
      this.#used.ask.push(entry.key);
      this.#asked.push(possibly(entry, where));
    }
    const text = wordText(redirect.target, this.#scope);
    if (text === null) this.#understood = false;
    const path = text === null ? null : resolvePath(text, this.#scope);
    const network = path !== null && /^\/dev\/(?:tcp|udp)\//.test(path);
    const allowing = exact || text === null ? null : this.#allowing(command, redirect, text);
    if (allowing !== null) this.#used.allow.push(allowing.key);
    if (network || (!exact && allowing === null))
      this.#asked.push(`no rule allows the redirection ${redirect.written}`);
  }

  /** The first rule that allows a redirection. */
  #allowing(
    command: ReadCommand,
    redirect: ReadCommand['redirects'][number],
    text: string,
  ): RuleEntry | null {
    const index = this.#rules.compiled.files.allow[redirect.access];
    for (const { entry, pattern } of index.allowing(text, this.#scope)) {
      if (pattern.kind !== 'path' || !inScope(entry, this.#scope)) continue;
      if (pathMatchAllow(pattern, command, redirect, this.#scope)) return entry;
    }
    return null;
  }

  /** What deny and ask rules say of one command, or null. */
  #strict(command: ReadCommand): Verdict | null {
    if (command.words.length === 0) return null;
    const found = restrictCommand(command, this.#rules, this.#scope, this.#view, this.#budget);
    this.#approvals = Math.max(this.#approvals, found.approvals);
    const certain = found.denied ?? found.asked;
    if (certain !== null) {
      return { effect: certain.effect, rule: certain, reason: because(certain, shown(command)) };
    }
    const { possible } = found;
    if (possible === null) return null;
    return { effect: 'ask', rule: possible, reason: possibly(possible, shown(command)) };
  }

  result(reading: Reading): Judgement {
    const { version } = this.#rules;
    const nothing = reading.commands.every((one) => one.words.length === 0);
    if (nothing && this.#asked.length === 0) this.#asked.push('there is no command in it');
    const effect = this.#denied.length > 0 ? 'deny' : this.#asked.length > 0 ? 'ask' : 'allow';
    const own = effect === 'allow' ? this.#allowed : [];
    return {
      effect,
      approvals: effect === 'ask' ? this.#approvals : 1,
      understood: this.#understood,
      commands: this.#commands,
      reasons: [...new Set([...this.#denied, ...this.#asked, ...own])],
      warnings: this.#warnings,
      used: [...new Set(this.#used[effect])],
      findings: [],
      policyVersion: version,
    };
  }
}

function allowVerdict(outcome: AllowOutcome | null, command: ReadCommand): Verdict {
  if (outcome === null) return { effect: 'ask', rule: null, reason: 'it cannot be read safely' };
  if (!outcome.covered) return { effect: 'ask', rule: null, reason: outcome.why };
  const rule = outcome.ruleOf.get(command) ?? outcome.rules[0] ?? null;
  return { effect: 'allow', rule, reason: `allowed by ${rule?.written ?? 'its wrapper'}` };
}

function shown(command: ReadCommand): string {
  const text = command.words.map((word) => word.text ?? '?').join(' ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function because(entry: RuleEntry, where: string): string {
  const verb = entry.effect === 'deny' ? 'denied by' : 'asked by';
  return `${where}: ${verb} ${entry.written}${entry.reason ? ` (${entry.reason})` : ''}`;
}

function possibly(entry: RuleEntry, where: string): string {
  return `${where}: could be what ${entry.written} is about, which cannot be known before it runs`;
}
