// The policy file as the persistent truth: held in memory, edited in place, watched for a person's
// edits. It decides nothing; a broken edit never replaces good rules.
import type { Effect } from '../bus/messages.ts';
import { admit } from './admission.ts';
import {
  appendedPlace,
  appendRule,
  findRule,
  PRINT,
  putBack,
  type RuleConditions,
  type RulePlace,
  ruleText,
  saysTheSame,
  type TakenRule,
  takeOut,
  UNCONDITIONAL,
} from './book-edits.ts';
import { prepareFolder, readPolicyText, resolveTarget, writePolicyText } from './disk.ts';
import { withFileLock } from './file-lock.ts';
import { FileWatch } from './file-watch.ts';
import {
  emptyPolicyDocument,
  type PolicyDocument,
  parsePolicyFile,
  readPolicyDocument,
} from './policy-file.ts';
import type { RuleEntry, RuleSet } from './rules.ts';

/** The policy file cannot be used; its message lists every problem. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(['The policy file does not load:', ...problems.map((one) => `  ${one}`)].join('\n'));
    this.problems = problems;
  }
}

/** A change that is in force, or a person's edit that was refused. */
export interface PolicyChange {
  readonly rules: RuleSet;
  readonly problem: string | null;
}

/** The rules in force, and their file. */
export interface PolicyBook {
  current(): RuleSet;
  /** Why the newest text of the file is not in force, or null. */
  problem(): string | null;
  list(): readonly RuleEntry[];
  /** Appends a rule; refused, with a better proposal, where it must not exist. */
  add(
    effect: Effect,
    pattern: string,
    conditions?: RuleConditions,
  ): Promise<
    { ok: true; entry: RuleEntry; already: boolean; place: RulePlace } | { ok: false; why: string }
  >;
  /** Removes a rule by its number, its exact pattern, its written form or its key. */
  remove(
    which: string | { readonly key: string },
  ): Promise<{ ok: true; entry: RuleEntry; taken: TakenRule } | { ok: false; why: string }>;
  /** Puts back what was removed: at its place, with its conditions and comments. */
  putBack(taken: TakenRule): Promise<{ ok: true; entry: RuleEntry } | { ok: false; why: string }>;
  /** Whether the file permits rules that are dangerous. */
  permitsDangerous(): boolean;
  /** Called after every change that is in force or that was refused. */
  onChange(listener: (change: PolicyChange) => void): void;
  close(): Promise<void>;
}

/** Opens the file; a missing one is empty. Throws PolicyFileError where it cannot be used. */
export async function openPolicyBook(options: {
  path: string;
  log: (line: string) => void;
}): Promise<PolicyBook> {
  const text = await readPolicyText(options.path);
  if (!text.ok) throw new PolicyFileError([text.problem]);
  const read = readPolicyDocument(text.text ?? '', options.path);
  if (!read.ok) throw new PolicyFileError(read.problems);
  const book = new Book(options.path, options.log, read.file.rules, text.text);
  book.watch();
  return book;
}

class Book implements PolicyBook {
  readonly #path: string;
  readonly #log: (line: string) => void;
  readonly #listeners: ((change: PolicyChange) => void)[] = [];
  #rules: RuleSet;
  #text: string | null;
  #problem: string | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #watch: FileWatch;
  #closed = false;

  constructor(path: string, log: (line: string) => void, rules: RuleSet, text: string | null) {
    this.#path = path;
    this.#log = log;
    this.#rules = rules;
    this.#text = text;
    this.#watch = new FileWatch(path, log, () => this.#exclusively(() => this.#reload()));
  }

  permitsDangerous(): boolean {
    const read = readPolicyDocument(this.#text ?? '', this.#path);
    return read.ok && read.file.dangerousPermitted;
  }

  current(): RuleSet {
    return this.#rules;
  }

  problem(): string | null {
    return this.#problem;
  }

  list(): readonly RuleEntry[] {
    return this.#rules.rules;
  }

  onChange(listener: (change: PolicyChange) => void): void {
    this.#listeners.push(listener);
  }

  add(effect: Effect, pattern: string, conditions = UNCONDITIONAL) {
    return this.#editing(async () => {
      const open = await this.#forEditing();
      if (!open.ok) return open;
      const { file } = open;
      const admission = admit(effect, pattern, file.dangerousPermitted);
      if (!admission.admitted) return { ok: false as const, why: admission.why };
      const same = file.rules.rules.find((entry) =>
        saysTheSame(entry, effect, admission.pattern, conditions),
      );
      const place = appendedPlace(file);
      if (same) return { ok: true as const, entry: same, already: true, place };
      appendRule(file, ruleText(effect, admission.pattern, conditions, admission.dangerous));
      const saved = await this.#save(file.document.toString(PRINT));
      if (!saved.ok) return saved;
      const entry = this.#rules.rules.findLast((one) =>
        saysTheSame(one, effect, admission.pattern, conditions),
      );
      if (entry === undefined) throw new Error(`the rule ${effect}: ${admission.pattern} was lost`);
      return { ok: true as const, entry, already: false, place };
    });
  }

  remove(which: string | { readonly key: string }) {
    return this.#editing(async () => {
      const open = await this.#forEditing();
      if (!open.ok) return open;
      const { file } = open;
      const found = findRule(file.rules.rules, which);
      if (!found.ok) return found;
      const { entry } = found;
      const place = file.places[entry.number - 1];
      if (entry.preset !== null || place === undefined) {
        return { ok: false as const, why: presetRule(entry) };
      }
      const text = takeOut(file, place);
      const saved = await this.#save(file.document.toString(PRINT));
      if (!saved.ok) return saved;
      return { ok: true as const, entry, taken: { place, text, key: entry.key } };
    });
  }

  putBack(taken: TakenRule) {
    return this.#editing(async () => {
      const open = await this.#forEditing();
      if (!open.ok) return open;
      if (open.file.rules.rules.some((one) => one.key === taken.key && one.preset === null)) {
        return { ok: false as const, why: 'such a rule is there again already' };
      }
      putBack(open.file, taken);
      const saved = await this.#save(open.file.document.toString(PRINT));
      if (!saved.ok) return saved;
      const found = findRule(this.#rules.rules, { key: taken.key });
      if (!found.ok) throw new Error(`the rule ${taken.text} was put back but is not there`);
      return found;
    });
  }

  /** From now on edits by hand are seen. */
  watch(): void {
    if (!this.#closed) this.#watch.begin();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.end();
    await this.#queue;
  }

  /** One change at a time: each begins with what the one before has written. */
  #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(run);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** The same, and alone on this machine. */
  #editing<T>(run: () => Promise<T>): Promise<T | { ok: false; why: string }> {
    return this.#exclusively(async () => {
      const target = await resolveTarget(this.#path);
      const prepared = await prepareFolder(target);
      if (!prepared.ok) return { ok: false, why: prepared.problem };
      return withFileLock(target, run);
    });
  }

  /** Takes over what is on the disk, when it is good. */
  async #reload(): Promise<void> {
    const read = await readPolicyText(this.#path);
    if (!read.ok) return this.#refuse(read.problem, this.#text);
    if (read.text === this.#text && this.#problem === null) return;
    if (read.text === null && this.#rules.rules.length > 0) {
      return this.#refuse(`${this.#path} is gone: put it back, or write an empty one`, this.#text);
    }
    const parsed = parsePolicyFile(read.text ?? '', this.#path);
    if (!parsed.ok) return this.#refuse(parsed.problems.join('\n'), this.#text);
    const changed = parsed.rules.version !== this.#rules.version;
    this.#take(parsed.rules, read.text);
    if (changed)
      this.#log(`policies: ${this.#path} was read again: ${this.#rules.rules.length} rules`);
  }

  #refuse(problem: string, text: string | null): void {
    this.#text = text;
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#log(
      `policies: the last good rules stay in force, because the file is broken: ${problem}`,
    );
    this.#tell();
  }

  #take(rules: RuleSet, text: string | null): void {
    const news = rules.version !== this.#rules.version || this.#problem !== null;
    this.#rules = rules;
    this.#text = text;
    this.#problem = null;
    if (news) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners)
      listener({ rules: this.#rules, problem: this.#problem });
  }

  /** The newest text of the file as a document, or why it must not be touched. */
  async #forEditing(): Promise<{ ok: true; file: PolicyDocument } | { ok: false; why: string }> {
    await this.#reload();
    if (this.#problem !== null) {
      const why = `the policy file is broken and must be mended by hand first:\n${this.#problem}`;
      return { ok: false, why };
    }
    if (this.#text === null || this.#text.trim() === '') {
      return { ok: true, file: emptyPolicyDocument() };
    }
    const read = readPolicyDocument(this.#text, this.#path);
    if (read.ok) return { ok: true, file: read.file };
    return { ok: false, why: read.problems.join('\n') };
  }

  async #save(text: string): Promise<{ ok: true } | { ok: false; why: string }> {
    const parsed = parsePolicyFile(text, this.#path);
    if (!parsed.ok) return { ok: false, why: parsed.problems.join('\n') };
    const written = await writePolicyText(await resolveTarget(this.#path), text);
    if (!written.ok) return { ok: false, why: written.problem };
    this.#take(parsed.rules, text);
    this.watch();
    return { ok: true };
  }
}

/** A rule of the file cannot be taken out where a preset brought it. */
function presetRule({ number, written, preset }: RuleEntry): string {
  return `rule ${number} (${written}) belongs to the preset ${preset}: put a deny or ask rule over it, or take the preset out of the file`;
}
