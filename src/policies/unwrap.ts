// Sees through wrappers: from one simple command to the commands that it would run in turn, to
// depth 8. It decides nothing; what it cannot follow is reported as opaque.
import { type ReadAssignment, type ReadCommand, readLine } from './read-line.ts';
import { type ReadWord, staticWord, UNKNOWN_WORDS } from './word.ts';
import { CARRIERS, readWrapper, SHELLS, WRAPPERS, type WrapperSpec } from './wrappers.ts';

/** Names that standard input has as a file. */
const STDIN_NAMES: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** How many wrappers are looked through. */
export const WRAPPER_DEPTH = 8;

/** What a wrapper runs. */
export interface Unwrapped {
  readonly inner: readonly ReadCommand[];
  /** Why what it runs is not wholly known, or null. */
  readonly opaque: string | null;
  /** The inner command may be allowed by its own rule, without one for the wrapper. */
  readonly transparent: boolean;
  /** The inner command's own rule is not enough, whatever rule there is for the wrapper. */
  readonly privileged: boolean;
  /** Inner commands are only possible readings: they count for deny and ask. */
  readonly loose: boolean;
  /** The word that held a script, when the inner commands were read from one. */
  readonly script: ReadWord | null;
  /** A shell that takes its program from standard input. */
  readonly stdin: boolean;
}

/** The file name of a program: `/bin/rm`, `//bin//rm` and `\rm` are all `rm`. */
export function programName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function plain(words: readonly ReadWord[], from: ReadCommand): ReadCommand {
  return { words, assignments: [], redirects: [], stdin: from.stdin, keyword: null };
}

const KNOWN = {
  opaque: null,
  transparent: false,
  privileged: false,
  loose: false,
  script: null,
  stdin: false,
};

const BUILTINS: ReadonlySet<string> = new Set(['eval', 'trap', 'source', '.', 'find']);

/** Whatever runs something else. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...[SHELLS, BUILTINS, WRAPPERS, CARRIERS].flatMap((names) => [...names.keys()]),
]);

/** What a command runs in turn is asked for several times in a judgement. */
const known = new WeakMap<ReadCommand, { readonly unwrapped: Unwrapped | null }>();

/** What this command runs in turn, or null when it is no wrapper. */
export function unwrap(command: ReadCommand): Unwrapped | null {
  const first = command.words[0];
  if (first === undefined || first.text === null) return null;
  const name = programName(first.text);
  if (!RUNNERS.has(name)) return null;
  const before = known.get(command);
  if (before !== undefined) return before.unwrapped;
  const unwrapped = unwrapNamed(name, command);
  known.set(command, { unwrapped });
  return unwrapped;
}

function unwrapNamed(name: string, command: ReadCommand): Unwrapped | null {
  if (SHELLS.has(name)) return unwrapShell(command);
  if (name === 'eval') return unwrapEval(command);
  if (name === 'trap' || name === 'source' || name === '.') return unwrapBuiltin(name, command);
  if (name === 'find') return unwrapFind(command);
  const spec = WRAPPERS.get(name);
  if (spec !== undefined) return unwrapWith(name, spec, command);
  if (CARRIERS.has(name)) return loosely(command, null);
  return null;
}

function unwrapWith(name: string, spec: WrapperSpec, command: ReadCommand): Unwrapped {
  const { words } = command;
  const reading = readWrapper(spec, words);
  if (!reading.known) {
    // `command -v git` only looks a name up.
    if (name === 'command' && /^-[vV]$/.test(words[1]?.text ?? ''))
      return { ...KNOWN, inner: [], transparent: true };
    return loosely(command, `${name}: ${reading.why}`);
  }
  let rest = words.slice(reading.start);
  const split = reading.options.find((o) => o.name === 'S' || o.name === 'split-string');
  if (name === 'env' && split) return unwrapSplit(command, split.value, rest);
  if (name === 'flock' && /^(-c|--command)$/.test(rest[0]?.text ?? '')) {
    return fromScript(rest[1], command, KNOWN);
  }
  if (name === 'xargs' && rest.length > 0) {
    const replace = reading.options.find((o) => o.name === 'I' || o.name === 'i');
    const marker = replace ? (replace.value?.text ?? '{}') : null;
    rest = marker === null ? [...rest, UNKNOWN_WORDS] : rest.map((word) => masked(word, marker));
  }
  const readsFile = name === 'xargs' && reading.options.some((o) => /^(a|arg-file)$/.test(o.name));
  const assignments = reading.assignments.map(assignment);
  const inner =
    rest.length === 0 && assignments.length === 0 ? [] : [{ ...plain(rest, command), assignments }];
  return {
    ...KNOWN,
    inner,
    opaque: readsFile ? 'xargs reads its words from a file' : null,
    transparent: spec.transparent === true || (name === 'env' && words.length - rest.length === 1),
    privileged: spec.privileged === true,
  };
}

function assignment(word: ReadWord): ReadAssignment {
  const text = word.text ?? word.prefix;
  const at = text.indexOf('=');
  const value = word.text === null ? { ...word, prefix: '' } : staticWord(text.slice(at + 1));
  return { name: text.slice(0, at), value };
}

/** A word in which a marker is replaced by something unknown. */
function masked(word: ReadWord, marker: string): ReadWord {
  if (word.text === null || marker === '' || !word.text.includes(marker)) return word;
  const prefix = word.text.slice(0, word.text.indexOf(marker));
  const mayBeOption = prefix === '' || prefix.startsWith('-');
  return { text: null, prefix, single: true, mayBeOption, tilde: null, template: word.text };
}

function unwrapSplit(command: ReadCommand, text: ReadWord | null, rest: readonly ReadWord[]) {
  // env's own quoting differs from the shell's in escapes and ${NAME}: those stay opaque.
  const given = text?.text;
  if (given === null || given === undefined || /[\\$#]/.test(given)) {
    return loosely(command, 'env -S with escapes or variables');
  }
  const words = given.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const split = words.map((word) => staticWord(word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2')));
  const env = command.words[0] as ReadWord;
  const inner = [plain([env, ...split, ...rest], command)];
  return { ...KNOWN, inner, script: text ?? null };
}

function fromScript(
  script: ReadWord | undefined,
  command: ReadCommand,
  base: Omit<Unwrapped, 'inner'>,
): Unwrapped {
  if (script === undefined || script.text === null) {
    const inner = script?.template === undefined ? [] : readLine(script.template).commands;
    return { ...base, inner, opaque: 'a script that is not known before it runs' };
  }
  const reading = readLine(script.text);
  const problems = [reading.failure, ...reading.hazards].filter((why) => why !== null);
  const opaque = problems[0] === undefined ? null : `in its script: ${problems[0]}`;
  const inner = reading.commands.map((one) => ({ ...one, stdin: one.stdin ?? command.stdin }));
  return { ...base, inner, opaque, script };
}

function unwrapEval(command: ReadCommand): Unwrapped {
  const words = command.words.slice(command.words[1]?.text === '--' ? 2 : 1);
  if (words.some((word) => word.text === null)) {
    return { ...KNOWN, inner: [], opaque: 'eval of text that is not known before it runs' };
  }
  if (words.length === 0) return { ...KNOWN, inner: [] };
  const text = words.map((word) => word.text).join(' ');
  const unwrapped = fromScript(staticWord(text), command, KNOWN);
  return { ...unwrapped, script: words[0] ?? null };
}

/** `trap SCRIPT SIGNAL`, `source /dev/stdin`. */
function unwrapBuiltin(name: string, command: ReadCommand): Unwrapped | null {
  const { words } = command;
  const operand = words[words[1]?.text === '--' ? 2 : 1];
  if (name === 'trap') {
    const prints = words[1]?.text !== '--' && /^-[lpP]+$/.test(operand?.text ?? '');
    return operand && !prints ? fromScript(operand, command, KNOWN) : null;
  }
  return STDIN_NAMES.has(operand?.text ?? '') ? stdinScript(command) : null;
}

/** `-c` anywhere in a cluster of letters; `-o NAME` and `+O NAME` take a word. */
function unwrapShell(command: ReadCommand): Unwrapped | null {
  const { words } = command;
  let script = false;
  let i = 1;
  for (; i < words.length; i++) {
    const text = words[i]?.text ?? null;
    if (text === null) {
      if (script && words[i]?.template !== undefined) break;
      if (!words[i]?.mayBeOption && !script) return null;
      return { ...KNOWN, inner: [], opaque: 'a script that is not known before it runs' };
    }
    if (text === '--' || text === '-') {
      i++;
      break;
    }
    if (text.startsWith('--')) {
      if (/^--(rcfile|init-file)$/.test(text)) i++;
      continue;
    }
    if (STDIN_NAMES.has(text) && !script) return stdinScript(command);
    if (!/^[-+]./.test(text)) break;
    if (text.startsWith('-') && text.includes('c')) script = true;
    if (text.startsWith('-') && text.includes('s')) return stdinScript(command);
    i += [...text.slice(1)].filter((letter) => letter === 'o' || letter === 'O').length;
  }
  if (script) {
    const unwrapped = fromScript(words[i], command, KNOWN);
    const foreign = foreignReason(programName(words[0]?.text ?? ''), words[i]?.text ?? '');
    return { ...unwrapped, opaque: unwrapped.opaque ?? foreign };
  }
  if (i >= words.length) return stdinScript(command);
  return null;
}

/** Other shells read some things differently: `$'\\'; rm #'` is one word only in bash. */
function foreignReason(name: string, script: string): string | null {
  if (name === 'bash' || name === 'rbash') return null;
  const plain = /^(?:sh|dash|ash)$/.test(name);
  if (plain && !/\$['"[]|<<<|&>|\|&|[<>]\(|\[\[|\(\(|\bfunction\b/.test(script)) return null;
  return `${name} reads parts of its script differently from bash`;
}

function stdinScript(command: ReadCommand): Unwrapped {
  const known = typeof command.stdin === 'string' ? staticWord(command.stdin) : undefined;
  const unwrapped = fromScript(known, { ...command, stdin: undefined }, KNOWN);
  const opaque = 'a shell that reads its program from standard input';
  return { ...unwrapped, opaque, stdin: true };
}

function unwrapFind(command: ReadCommand): Unwrapped | null {
  const inner: ReadCommand[] = [];
  const { words } = command;
  let opaque: string | null = null;
  for (let i = 1; i < words.length; i++) {
    if (!/^-(exec|execdir|ok|okdir)$/.test(words[i]?.text ?? '')) continue;
    const argv: ReadWord[] = [];
    for (i++; i < words.length; i++) {
      const word = words[i] as ReadWord;
      if (word.text === ';' || (word.text === '+' && argv.at(-1)?.prefix === '')) break;
      if (word.text === null) opaque = 'find -exec with words that are not known before it runs';
      argv.push(masked(word, '{}'));
    }
    inner.push({ ...plain(argv, command), stdin: undefined });
  }
  return inner.length === 0 ? null : { ...KNOWN, inner, opaque };
}

/** Words of a possible command that are looked at. */
const LOOSE_WORDS = 128;

const scripts = new WeakMap<ReadWord, readonly ReadCommand[]>();

/** The commands in a word, read once however many commands it could belong to. */
function scriptIn(word: ReadWord, text: string): readonly ReadCommand[] {
  const known = scripts.get(word);
  if (known !== undefined) return known;
  const { commands } = readLine(text);
  scripts.set(word, commands);
  return commands;
}

/** Every place where a command could begin, and every `-c` script: for deny and ask only. */
export function loosely(command: ReadCommand, why: string | null): Unwrapped {
  const { words } = command;
  const name = programName(words[0]?.text ?? '');
  const inner: ReadCommand[] = [];
  for (let i = 1; i < Math.min(words.length, 64); i++) {
    const word = words[i] as ReadWord;
    const text = word.text ?? '-';
    const value = /^--[a-z-]+=(.*\s.*)$/s.exec(text)?.[1];
    if (value !== undefined) inner.push(...scriptIn(word, value));
    else if (/^-[^/]*$/.test(text)) continue;
    else if (/\s/.test(text)) inner.push(...scriptIn(word, text));
    else inner.push(plain(words.slice(i, i + LOOSE_WORDS), command));
  }
  if (/^(?:at|batch)$/.test(name) && typeof command.stdin === 'string') {
    inner.push(...readLine(command.stdin).commands);
  }
  const opaque = why ?? `${name} runs other programs`;
  return { ...KNOWN, inner, opaque, loose: true };
}
