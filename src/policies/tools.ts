// From a tool call to what it touches: files, a URL, a command line, and the words `NAME key=value`
// that rules by name are matched against. It decides nothing and touches no disk.
import { z } from 'zod';
import type { Action } from '../bus/action.ts';
import { canonicalJson } from '../bus/action.ts';
import { resolvePath } from './paths.ts';
import type { RuleScope } from './rules.ts';
import type { KnownTool, ToolForm } from './tools-table.ts';

/** A call as an agent makes it. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** One thing that a call does. */
export type ToolUse =
  | {
      readonly kind: 'path';
      readonly access: 'read' | 'write';
      /** As the call has it. */
      readonly written: string;
      /** Absolute; `..`, `~` and the working directory are resolved, links are not. */
      readonly path: string;
      readonly tree: ToolForm['tree'];
    }
  | { readonly kind: 'http'; readonly method: string; readonly url: URL }
  | { readonly kind: 'shell'; readonly action: Action };

/** A call as understood. */
export interface ReadCall {
  /** The name, then `key=value` for each argument, sorted by key. */
  readonly words: readonly string[];
  readonly uses: readonly ToolUse[];
  /** What of it cannot be understood; then no rule about files or URLs allows it. */
  readonly problems: readonly string[];
}

/** Characters of an argument that rules by name look at, of a path, a pattern or an address. */
const ARGUMENT_LIMIT = 4096;
/** Arguments of a call, and files that it names: beyond these nobody looks. */
const ARGUMENTS_LIMIT = 100;
const FILES_LIMIT = 50;

/** Reads a call. */
export function readCall(call: ToolCall, known: KnownTool | null, scope: RuleScope): ReadCall {
  const problems: string[] = [];
  const words = [call.tool, ...argumentWords(call.arguments, problems)];
  if (known === null) return { words, uses: [], problems };
  const reader = new CallReader(call, scope, problems);
  return { words, uses: reader.read(known.form), problems };
}

function argumentWords(given: ToolCall['arguments'], problems: string[]): string[] {
  const keys = Object.keys(given).sort();
  if (keys.length > ARGUMENTS_LIMIT) {
    problems.push(`it has more than ${ARGUMENTS_LIMIT} arguments`);
  }
  return keys.slice(0, ARGUMENTS_LIMIT).map((key) => {
    const value = given[key];
    const text = typeof value === 'string' ? value : textOf(value);
    if (text === null || text.length > ARGUMENT_LIMIT) {
      problems.push(`the argument ${key} is too large or too deep to be looked at`);
      return `${key}=`;
    }
    return `${key}=${text}`;
  });
}

function textOf(value: unknown): string | null {
  try {
    return canonicalJson(value);
  } catch {
    return null;
  }
}

class CallReader {
  readonly #call: ToolCall;
  readonly #scope: RuleScope;
  readonly #problems: string[];
  readonly #uses: ToolUse[] = [];

  constructor(call: ToolCall, scope: RuleScope, problems: string[]) {
    this.#call = call;
    this.#scope = scope;
    this.#problems = problems;
  }

  read(form: ToolForm): ToolUse[] {
    if (form.read !== undefined) this.#paths('read', form.read, form);
    if (form.write !== undefined) this.#paths('write', form.write, form);
    if (form.patch !== undefined) this.#patch(form.patch);
    if (form.http !== undefined) this.#http(form.http, form.method);
    if (form.shell !== undefined) this.#shell(form.shell);
    return this.#uses;
  }

  /** The values of those arguments that are given. */
  #given(names: readonly string[]): unknown[] {
    const { arguments: given } = this.#call;
    return names.filter((name) => Object.hasOwn(given, name)).map((name) => given[name]);
  }

  #paths(access: 'read' | 'write', names: readonly string[], form: ToolForm): void {
    const given = this.#given(names);
    const glob = form.glob === undefined ? null : this.#globBase(form.glob);
    const values = glob === null ? given : [...given, glob];
    if (values.length === 0 && form.defaultsHere === true) values.push('.');
    if (values.length === 0) {
      this.#problems.push(`it names no file: one of ${names.join(', ')} is expected`);
    }
    const files = values.flat();
    if (files.length > FILES_LIMIT) this.#problems.push(`it names more than ${FILES_LIMIT} files`);
    for (const value of files.slice(0, FILES_LIMIT)) this.#path(access, value, form.tree);
  }

  #path(access: 'read' | 'write', value: unknown, tree: ToolForm['tree']): void {
    const path = typeof value === 'string' ? this.#resolved(value) : null;
    if (typeof value !== 'string' || path === null) {
      this.#problems.push('which file is meant cannot be told');
      return;
    }
    this.#uses.push({ kind: 'path', access, written: value, path, tree });
  }

  #resolved(text: string): string | null {
    if (text.length > ARGUMENT_LIMIT) return null;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
    if (text === '' || !text.isWellFormed() || /[\x00-\x1f\x7f]/.test(text)) return null;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return null;
    if (text !== '~' && !text.startsWith('~/')) {
      return text.startsWith('~') ? null : resolvePath(text, this.#scope);
    }
    const { home } = this.#scope;
    return home === null ? null : resolvePath(home + text.slice(1), this.#scope);
  }

  /** Where a glob begins when it leads elsewhere than the directory it is given with. */
  #globBase(name: string): string | null {
    const [value] = this.#given([name]);
    if (typeof value !== 'string' || value === '') return null;
    if (value.length > ARGUMENT_LIMIT) {
      this.#problems.push('its pattern is too long to be looked at');
      return null;
    }
    if (!/^[/~]|\.\.|\{[^}]*[/~]/.test(value)) return null;
    const base = value.replace(/[^/]*[*?[{].*$/s, '');
    if (base === '' || /\.\./.test(value.slice(base.length))) {
      this.#problems.push('where its pattern leads cannot be told');
    }
    return base === '' ? null : base;
  }

  #patch(names: readonly string[]): void {
    const [text] = this.#given(names);
    const header = /^[ \t]*\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.*)$/gm;
    const files = typeof text === 'string' ? [...text.matchAll(header)] : [];
    if (files.length === 0) this.#problems.push('the patch names no file');
    if (files.length > FILES_LIMIT) this.#problems.push(`it names more than ${FILES_LIMIT} files`);
    for (const [, file = ''] of files.slice(0, FILES_LIMIT)) {
      this.#path('write', file.trimEnd(), undefined);
    }
  }

  #http(name: string, methodName: string | undefined): void {
    const [value] = this.#given([name]);
    const [given = 'GET'] = methodName === undefined ? [] : this.#given([methodName]);
    const url = typeof value === 'string' ? webUrl(value) : null;
    if (url === null || typeof given !== 'string' || !/^[a-z]{1,20}$/i.test(given)) {
      this.#problems.push('which address is meant cannot be told');
      return;
    }
    this.#uses.push({ kind: 'http', method: given.toUpperCase(), url });
  }

  #shell(names: readonly string[]): void {
    const [value] = this.#given(names);
    const cwd = this.#directory();
    const env = this.#environment();
    if (this.#given(UNCONFINED).some((flag) => flag !== false && flag !== null)) {
      this.#problems.push('it asks to run outside of its sandbox');
    }
    const frame = { cwd, env, stdinDigest: null, sandbox: 'strict' } as const;
    if (typeof value === 'string' && value !== '') {
      this.#uses.push({ kind: 'shell', action: { kind: 'shell', command: value, ...frame } });
    } else if (Array.isArray(value) && value.length > 0 && value.every(isText)) {
      this.#uses.push({ kind: 'shell', action: { kind: 'exec', argv: value, ...frame } });
    } else {
      this.#problems.push('which command is meant cannot be told');
    }
  }

  /** Where a command line within the call would run. */
  #directory(): string {
    const [given] = this.#given(DIRECTORIES).filter((value) => value !== null && value !== '');
    if (given === undefined) return this.#scope.cwd;
    const path = typeof given === 'string' ? this.#resolved(given) : null;
    if (path === null) this.#problems.push('in which directory it would run cannot be told');
    return path ?? this.#scope.cwd;
  }

  #environment(): Record<string, string> {
    const [given] = this.#given(['env', 'environment']).filter((value) => value !== null);
    if (given === undefined) return {};
    const parsed = Environment.safeParse(given);
    if (!parsed.success) this.#problems.push('which variables it sets cannot be told');
    return parsed.success ? parsed.data : {};
  }
}

const DIRECTORIES = ['workdir', 'cwd', 'working_directory', 'directory', 'dir_path'];
/** Arguments that ask for more rights than a command line has by itself. */
const UNCONFINED = [
  'dangerouslyDisableSandbox',
  'with_escalated_permissions',
  'sandbox_permissions',
  'elevated',
];
const Environment = z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string());

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function webUrl(text: string): URL | null {
  // A parser would take these out without a word.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
  if (text.length > ARGUMENT_LIMIT || /[\x00-\x20\x7f\\]/.test(text)) return null;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}
