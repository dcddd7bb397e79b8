// Reads a shell line into simple commands, redirections and assignments, with strict checks over
// unbash (the only file that runs it). It judges nothing and looks at nothing outside the line.
import { forEachChild, parse, type Redirection, type SyntaxNode, type Word } from 'unbash';
import { Collector } from './collector.ts';
import { checkItems, unescapedBackticks } from './gaps.ts';
import { printedText } from './printed.ts';
import { readRedirections } from './redirections.ts';
import {
  expansionHazard,
  hiddenCharacter,
  LINE_LIMIT_BYTES,
  nestingProblem,
  plainRegex,
  TOO_LONG,
  textProblem,
} from './strict.ts';
import { type ReadWord, readWord, staticWord } from './word.ts';

/** `NAME=value` before a command, alone, or as the variable of a loop. */
export interface ReadAssignment {
  readonly name: string;
  readonly value: ReadWord;
}

/** A file that is opened for a command. */
export interface ReadRedirect {
  readonly access: 'read' | 'write';
  readonly target: ReadWord;
  readonly written: string;
}

/** One simple command. `words` is empty where only assignments or redirections stand. */
export interface ReadCommand {
  readonly words: readonly ReadWord[];
  readonly assignments: readonly ReadAssignment[];
  readonly redirects: readonly ReadRedirect[];
  /** Text given by a heredoc or here-string; null where it is not known; undefined for neither. */
  readonly stdin: string | null | undefined;
  /** `time` or `!` before it. */
  readonly keyword: string | null;
}

/** A whole line as it was read. */
export interface Reading {
  readonly commands: readonly ReadCommand[];
  /** Why the strict checks fail, or null: nothing with a failure is ever allowed. */
  readonly failure: string | null;
  /** Things that are understood but never allowed by a rule: functions, arithmetic on names ... */
  readonly hazards: readonly string[];
}

/** Simple commands of one line. */
const COMMAND_LIMIT = 1000;
const NODE_LIMIT = 12_000;
/** Characters of everything in `$(...)`, what is nested in each other counted each time. */
const NESTED_LIMIT = 2 * LINE_LIMIT_BYTES;
/** bash and the parser both recurse; nobody writes this by hand. */
const DEPTH_LIMIT = 512;

/** Reads a line. Never throws; what cannot be read has a `failure`. */
export function readLine(source: string): Reading {
  const out = new Collector();
  const problem = textProblem(source);
  if (problem !== null) out.fail(problem);
  const hidden = problem === TOO_LONG ? null : hiddenCharacter(source);
  if (hidden !== null) out.hazard(hidden);
  const nested = problem === null ? nestingProblem(source) : null;
  if (nested !== null) out.fail(nested);
  if (nested === null && problem !== TOO_LONG) {
    try {
      walk(source, out);
    } catch (error) {
      // Deep nesting exhausts the parser's stack: a RangeError, which is safe to catch.
      if (!(error instanceof Error)) throw error;
      out.fail('it is nested too deeply to be read');
    }
  }
  return { commands: out.commands, failure: out.failure, hazards: out.hazards };
}

/** Where a node stands: outside of substitutions, in one that is a single command, or elsewhere. */
type Substituted = 'no' | 'alone' | 'yes';

interface Step {
  readonly node: SyntaxNode;
  readonly depth: number;
  readonly keyword: string | null;
  readonly substituted: Substituted;
  /** The text that positions count in. */
  readonly source: string;
  readonly parent: SyntaxNode['type'] | null;
}

/** Whose words may hold blanks: `${x:-a b}`. */
const OPERANDS: ReadonlySet<string | null> = new Set(['Default', 'Remove', 'Replace', 'Slice']);

function walk(whole: string, out: Collector): void {
  const root = { node: parse(whole), depth: 0, keyword: null, parent: null };
  const stack: Step[] = [{ ...root, substituted: 'no', source: whole }];
  let count = 0;
  let nested = 0;
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const { type, pos, end } = step.node;
    if (type === 'CommandExpansion' || type === 'ProcessSubstitution') nested += end - pos;
    if (++count > NODE_LIMIT || step.depth > DEPTH_LIMIT || nested > NESTED_LIMIT) {
      out.fail('it is too large to be read');
      return;
    }
    const keyword = visit(step, out);
    if (out.full) return;
    if (out.commands.length > COMMAND_LIMIT) {
      out.fail(`it holds more than ${COMMAND_LIMIT} commands`);
      return;
    }
    const { node, depth } = step;
    const [substituted, source, parent] = [within(step), innerSource(step), node.type];
    const start = stack.length;
    forEachChild(node, (child) => {
      // A word of nothing but text holds nothing, and has been read with its command.
      const isText = child.type === 'Word' && child.parts === undefined && parent === 'Command';
      if (isText || stack.length > NODE_LIMIT) return;
      stack.push({ keyword, substituted, source, node: child, depth: depth + 1, parent });
    });
    if (stack.length > NODE_LIMIT) {
      out.fail('it is too large to be read');
      return;
    }
    // The first child is the next step.
    if (stack.length - start > 1) stack.push(...stack.splice(start).reverse());
  }
}

function within({ node, substituted }: Step): Substituted {
  // What `<<-` takes away from the lines of its text, it takes from heredocs in there, too.
  if (node.type === 'ProcessSubstitution' || node.type === 'HereDoc') return 'yes';
  if (node.type !== 'CommandExpansion') return substituted;
  const [only, ...more] = node.script?.commands ?? [];
  const alone = more.length === 0 && only?.command.type === 'Command' && !only.background;
  return substituted === 'no' && alone ? 'alone' : 'yes';
}

/** Within backquotes the parser counts from their beginning, after taking out backslashes. */
function innerSource({ node, source, parent }: Step): string {
  const escaped =
    node.type === 'CommandExpansion' && node.text.startsWith('`') && node.text.includes('\\');
  return escaped ? unescapedBackticks(node.text, parent === 'DoubleQuoted') : source;
}

/** Notes what this node means; returns the keyword that its child command stands behind. */
function visit(step: Step, out: Collector): string | null {
  const { node } = step;
  switch (node.type) {
    case 'Script':
      for (const error of node.errors ?? []) out.fail(`bash would not read it: ${error.message}`);
      return null;
    case 'Command':
      readCommand(node, step, out);
      return null;
    case 'Statement':
    case 'AndOr':
      return step.keyword;
    case 'Pipeline': {
      notePipes(node, out);
      const first = node.prefixes[0];
      if (node.commands.length === 0 && (first?.type === 'Negation' || step.parent === 'AndOr')) {
        out.fail('a keyword before nothing');
      }
      if (node.prefixes.length === 1 && node.commands.length === 1 && first) {
        return first.type === 'Time' ? 'time' : '!';
      }
      return null;
    }
    case 'Subshell': {
      // bash tries `((` as arithmetic first and, reading it anew, loses its heredocs.
      const text = step.source.slice(node.pos, node.end);
      if (text.startsWith('((') && text.includes('<<')) out.fail('a heredoc within ((');
      return null;
    }
    case 'Redirected':
      readCompoundRedirects(node.redirects, step.source, out);
      return null;
    case 'Word':
      // The words of a command have been read with it.
      if (step.parent !== 'Command' && out.regexes?.has(node) !== true)
        readWord(node, out.fail, OPERANDS.has(step.parent));
      return null;
    case 'For':
      out.commands.push(assignmentOnly(node.name.text, undefined));
      return null;
    default: {
      const hazard = expansionHazard(node);
      if (hazard !== null) out.hazard(hazard);
      if (node.type === 'TestBinary' && node.operator === '=~' && plainRegex(node.right.text)) {
        out.regexes ??= new Set();
        out.regexes.add(node.right);
      }
      if (node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution') {
        if (node.script === undefined) out.fail('a substitution that cannot be read');
        // bash 5.3 runs it, bash 5.2 does not read it.
        if (node.text.startsWith('${')) out.fail('a substitution in braces');
      }
      if (node.type === 'HereDoc') checkHereDoc(node, step, out);
      return null;
    }
  }
}

type PipelineNode = Extract<SyntaxNode, { type: 'Pipeline' }>;
type CommandNode = Extract<SyntaxNode, { type: 'Command' }>;

/** `echo 'rm x' | sh`: what echo prints is what the shell reads. */
function notePipes(node: PipelineNode, out: Collector): void {
  for (let i = 1; i < node.commands.length; i++) {
    const [before, command] = [node.commands[i - 1], node.commands[i]];
    if (command === undefined) continue;
    out.piped ??= new Map();
    out.piped.set(command, before?.type === 'Command' ? printedBy(before, out) : null);
  }
}

function printedBy(node: CommandNode, out: Collector): string | null {
  if (!/^(?:echo|printf|cat)$/.test(node.name?.text ?? '')) return null;
  const words = node.suffix.filter((item) => item.type === 'Word');
  const texts = words.map((word) => readWord(word, out.fail).text);
  const { stdin } = readRedirections(node.redirects, out);
  return printedText([node.name?.text ?? null, ...texts], stdin);
}

function checkHereDoc(
  node: Extract<SyntaxNode, { type: 'HereDoc' }>,
  { substituted, source }: Step,
  out: Collector,
): void {
  // bash 5.2 writes a substitution anew and, after a heredoc, without `;`: `a; b` runs as `a b`.
  if (substituted === 'yes') out.fail('a heredoc within a substitution of several commands');
  if (node.closing === undefined) out.fail('a heredoc without its closing line');
  else if (/^\s*[;&|]/.test(source.slice(node.closing.end))) out.fail('an operator begins a line');
  if (node.delimiter === undefined) out.fail('a heredoc without a delimiter');
}

function assignmentOnly(name: string, value: ReadWord | undefined): ReadCommand {
  const unknown = { ...staticWord(''), text: null };
  const assignments = [{ name, value: value ?? unknown }];
  return { words: [], assignments, redirects: [], stdin: undefined, keyword: null };
}

function readCommand(node: CommandNode, { keyword, source }: Step, out: Collector): void {
  const words: ReadWord[] = [];
  const assignments: ReadAssignment[] = [];
  const redirections: Redirection[] = [];
  if (node.name) words.push(readWord(node.name, out.fail));
  for (const item of node.prefix) {
    if (!out.counts(item)) break;
    if (item.type === 'Assignment') assignments.push(readAssignment(item, out));
    else redirections.push(item);
  }
  for (const item of node.suffix) {
    if (!out.counts(item)) break;
    if (item.type === 'Word') words.push(readWord(item, out.fail));
    else if (item.type !== 'Assignment') redirections.push(item);
    else if (words.length > 0) words.push(argument(item, out));
    else assignments.push(readAssignment(item, out));
  }
  checkItems([...node.prefix, ...(node.name ? [node.name] : []), ...node.suffix], source, out.fail);
  const { redirects, stdin } = readRedirections(redirections, out);
  const given = stdin === undefined && out.piped?.has(node) ? out.piped.get(node) : stdin;
  out.commands.push({ words, assignments, redirects, stdin: given, keyword });
}

type AssignmentNode = Extract<SyntaxNode, { type: 'Assignment' }>;

function readAssignment(node: AssignmentNode, out: Collector): ReadAssignment {
  const unknown: ReadWord = { ...staticWord(''), text: null };
  if (node.index !== undefined) out.hazard('it assigns to an array element');
  if (node.value.type === 'ArrayValue') {
    out.hazard('it assigns an array');
    return { name: node.name, value: unknown };
  }
  if (node.value.text.startsWith('(')) out.fail('an assignment whose value starts with (');
  return { name: node.name, value: readWord(node.value as Word, out.fail) };
}

/** `export NAME=value`: an argument that the parser has taken apart. */
function argument(node: AssignmentNode, out: Collector): ReadWord {
  const { name, value } = readAssignment(node, out);
  const start = `${name}${node.append ? '+' : ''}=`;
  if (value.text !== null) return staticWord(start + value.text);
  return { text: null, prefix: start, single: true, mayBeOption: false, tilde: null };
}

function readCompoundRedirects(
  nodes: readonly Redirection[],
  source: string,
  out: Collector,
): void {
  const { redirects } = readRedirections(nodes, out);
  checkItems(nodes, source, out.fail);
  if (redirects.length === 0) return;
  out.commands.push({ words: [], assignments: [], redirects, stdin: undefined, keyword: null });
}
