// The policy file as the persistent truth: held in memory, edited in place, watched for a person's
// edits. It decides nothing; a broken edit never replaces good rules.
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Effect } from '../bus/messages.ts';
import { admit } from './admission.ts';
import { prepareFolder, readPolicyText, resolveTarget, writePolicyText } from './disk.ts';
import { withFileLock } from './file-lock.ts';
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
  ): Promise<{ ok: true; entry: RuleEntry; already: boolean } | { ok: false; why: string }>;
  /** Removes a rule by its number, its exact pattern or its written form. */
  remove(which: string): Promise<{ ok: true; entry: RuleEntry } | { ok: false; why: string }>;
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

/** An editor that truncates and writes is given this long to finish. */
const SETTLE_MS = 30;
/** As people write it: long lines stay long, and lists in brackets get no padding. */
const PRINT = { lineWidth: 0, flowCollectionPadding: false };

class Book implements PolicyBook {
  readonly #path: string;
  readonly #log: (line: string) => void;
  readonly #listeners: ((change: PolicyChange) => void)[] = [];
  #rules: RuleSet;
  #text: string | null;
  #problem: string | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #watcher: { close(): void } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(path: string, log: (line: string) => void, rules: RuleSet, text: string | null) {
    this.#path = path;
    this.#log = log;
    this.#rules = rules;
    this.#text = text;
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

  add(effect: Effect, pattern: string) {
    return this.#editing(async () => {
      const open = await this.#forEditing();
      if (!open.ok) return open;
      const { file } = open;
      const admission = admit(effect, pattern, file.dangerousPermitted);
      if (!admission.admitted) return { ok: false as const, why: admission.why };
      const same = file.rules.rules.find(
        (entry) => entry.effect === effect && entry.pattern === admission.pattern && isPlain(entry),
      );
      if (same) return { ok: true as const, entry: same, already: true };
      const rule = {
        [effect]: admission.pattern,
        ...(admission.dangerous ? { dangerous: true } : {}),
      };
      appendRule(file, rule);
      const saved = await this.#save(file.document.toString(PRINT));
      if (!saved.ok) return saved;
      const written = `${effect}: ${admission.pattern}`;
      const entry = this.#rules.rules.findLast((one) => one.written === written);
      if (entry === undefined) throw new Error(`the rule ${written} was stored but is not there`);
      return { ok: true as const, entry, already: false };
    });
  }

  remove(which: string) {
    return this.#editing(async () => {
      const open = await this.#forEditing();
      if (!open.ok) return open;
      const { file } = open;
      const found = find(file.rules.rules, which);
      if (!found.ok) return found;
      const place = file.places[found.entry.number - 1];
      if (place === undefined) throw new Error(`rule ${found.entry.number} has no place`);
      file.document.deleteIn(place);
      const saved = await this.#save(file.document.toString(PRINT));
      return saved.ok ? found : saved;
    });
  }

  /** Watches the directory: editors replace the file rather than write into it. */
  watch(): void {
    if (this.#closed || this.#watcher !== null) return;
    const name = basename(this.#path);
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.#reloadSoon();
      });
      watcher.on('error', (error) => {
        this.#log(`policies: ${this.#path} is not watched any more: ${error.message}`);
      });
      this.#watcher = watcher;
    } catch (error) {
      this.#log(`policies: ${this.#path} is not watched: ${String(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#queue;
  }

  #reloadSoon(): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#exclusively(() => this.#reload()).catch((error: unknown) => {
        this.#log(`policies: reading ${this.#path} again failed: ${String(error)}`);
      });
    }, SETTLE_MS);
    this.#timer.unref();
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

/** A rule without conditions: the same as one that is added from chat. */
function isPlain(entry: RuleEntry): boolean {
  const { in: cwd, from, on, approvals } = entry;
  return cwd === null && from === null && on === null && approvals === 1;
}

function appendRule(file: PolicyDocument, rule: Record<string, unknown>): void {
  const { document } = file;
  if (!document.has('version') && document.contents === null) document.set('version', 1);
  const rules = document.get('rules');
  if (rules === undefined || rules === null) document.set('rules', document.createNode([rule]));
  else document.addIn(['rules'], document.createNode(rule));
}

function find(
  rules: readonly RuleEntry[],
  which: string,
): { ok: true; entry: RuleEntry } | { ok: false; why: string } {
  const wanted = which.trim();
  const numbered = /^#?(\d{1,6})$/.exec(wanted)?.[1];
  const found = rules.filter((entry) =>
    numbered !== undefined
      ? entry.number === Number(numbered)
      : entry.pattern === wanted || entry.written === wanted,
  );
  const entry = found[0];
  if (entry === undefined) {
    return { ok: false, why: `there is no rule ${wanted}: list the rules to see their numbers` };
  }
  if (found.length > 1) {
    const numbers = found.map((one) => `${one.number} (${one.written})`).join(', ');
    return {
      ok: false,
      why: `several rules have this pattern: name one by its number: ${numbers}`,
    };
  }
  return { ok: true, entry };
}
