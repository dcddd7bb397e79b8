// Reads a shell line into simple commands, redirections and assignments, with strict checks over
// unbash (the only file that calls it). It judges nothing and looks at nothing outside the line.
import { forEachChild, parse, type Redirection, type SyntaxNode, type Word } from 'unbash';
import { expansionHazard, nestingProblem, TOO_LONG, textProblem } from './strict.ts';
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

class Collector {
  readonly commands: ReadCommand[] = [];
  readonly hazards: string[] = [];
  failure: string | null = null;
  /** What is piped into a command: its text where it is known. */
  readonly piped = new Map<SyntaxNode, string | null>();
  fail = (why: string): void => {
    this.failure ??= why;
  };
  hazard = (why: string): void => {
    if (!this.hazards.includes(why)) this.hazards.push(why);
  };
}

/** Simple commands of one line. */
const COMMAND_LIMIT = 1000;
const NODE_LIMIT = 50_000;
/** bash and the parser both recurse; nobody writes this by hand. */
const DEPTH_LIMIT = 512;

/** Reads a line. Never throws; what cannot be read has a `failure`. */
export function readLine(source: string): Reading {
  const out = new Collector();
  const problem = textProblem(source);
  if (problem !== null) out.fail(problem);
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

const SUBSTITUTIONS: ReadonlySet<string> = new Set(['CommandExpansion', 'ProcessSubstitution']);

interface Step {
  readonly node: SyntaxNode;
  readonly depth: number;
  readonly keyword: string | null;
  /** Whether it stands in `$(...)`, `<(...)` or backquotes. */
  readonly substituted: boolean;
}

function walk(source: string, out: Collector): void {
  const stack: Step[] = [{ node: parse(source), depth: 0, keyword: null, substituted: false }];
  let count = 0;
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    if (++count > NODE_LIMIT || step.depth > DEPTH_LIMIT) {
      out.fail('it is too large to be read');
      return;
    }
    const keyword = visit(step, out);
    if (out.commands.length > COMMAND_LIMIT) {
      out.fail(`it holds more than ${COMMAND_LIMIT} commands`);
      return;
    }
    const substituted = step.substituted || SUBSTITUTIONS.has(step.node.type);
    const children: Step[] = [];
    forEachChild(step.node, (child) => {
      children.push({ node: child, depth: step.depth + 1, keyword, substituted });
    });
    if (children.length + stack.length > NODE_LIMIT) {
      out.fail('it is too large to be read');
      return;
    }
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Step);
  }
}

/** Notes what this node means; returns the keyword that its child command stands behind. */
function visit(step: Step, out: Collector): string | null {
  const { node } = step;
  switch (node.type) {
    case 'Script':
      for (const error of node.errors ?? []) out.fail(`bash would not read it: ${error.message}`);
      return null;
    case 'Command':
      readCommand(node, step.keyword, out);
      return null;
    case 'Statement':
    case 'AndOr':
      return step.keyword;
    case 'Pipeline': {
      notePipes(node, out);
      const first = node.prefixes[0];
      if (node.prefixes.length === 1 && node.commands.length === 1 && first) {
        return first.type === 'Time' ? 'time' : '!';
      }
      return null;
    }
    case 'Redirected':
      readCompoundRedirects(node.redirects, out);
      return null;
    case 'Word':
      readWord(node, out.fail);
      return null;
    case 'For':
      out.commands.push(assignmentOnly(node.name.text, undefined));
      return null;
    default: {
      const hazard = expansionHazard(node);
      if (hazard !== null) out.hazard(hazard);
      if (node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution') {
        if (node.script === undefined) out.fail('a substitution that cannot be read');
      }
      if (node.type === 'HereDoc') checkHereDoc(node, step.substituted, out);
      return null;
    }
  }
}

type PipelineNode = Extract<SyntaxNode, { type: 'Pipeline' }>;

/** `echo 'rm x' | sh`: what echo prints is what the shell reads. */
function notePipes(node: PipelineNode, out: Collector): void {
  for (let i = 1; i < node.commands.length; i++) {
    const [before, command] = [node.commands[i - 1], node.commands[i]];
    if (command === undefined) continue;
    const prints = before?.type === 'Command' && /^(?:echo|printf)$/.test(before.name?.text ?? '');
    const words = prints
      ? before.suffix.flatMap((item) => (item.type === 'Word' ? [item] : []))
      : [];
    const texts = words.map((word) => readWord(word, out.fail).text);
    const known = texts.length > 0 && !texts.includes(null);
    out.piped.set(command, known ? texts.join(' ') : null);
  }
}

function checkHereDoc(
  node: Extract<SyntaxNode, { type: 'HereDoc' }>,
  substituted: boolean,
  out: Collector,
): void {
  // bash 5.2 writes a substitution anew and, after a heredoc, without `;`: `a; b` runs as `a b`.
  if (substituted) out.fail('a heredoc within a substitution');
  if (node.closing === undefined) out.fail('a heredoc without its closing line');
  if (node.delimiter === undefined) out.fail('a heredoc without a delimiter');
}

function assignmentOnly(name: string, value: ReadWord | undefined): ReadCommand {
  const unknown = { ...staticWord(''), text: null };
  const assignments = [{ name, value: value ?? unknown }];
  return { words: [], assignments, redirects: [], stdin: undefined, keyword: null };
}

function readCommand(
  node: Extract<SyntaxNode, { type: 'Command' }>,
  keyword: string | null,
  out: Collector,
): void {
  const words: ReadWord[] = [];
  const assignments: ReadAssignment[] = [];
  const redirections: Redirection[] = [];
  if (node.name) words.push(readWord(node.name, out.fail));
  for (const item of [...node.prefix, ...node.suffix]) {
    if (item.type === 'Word') words.push(readWord(item, out.fail));
    else if (item.type !== 'Assignment') redirections.push(item);
    else if (words.length > 0 && node.suffix.includes(item)) words.push(argument(item, out));
    else assignments.push(readAssignment(item, out));
  }
  checkApart([...node.prefix, ...(node.name ? [node.name] : []), ...node.suffix], out);
  const { redirects, stdin } = readRedirections(redirections, out);
  const given = stdin === undefined && out.piped.has(node) ? out.piped.get(node) : stdin;
  out.commands.push({ words, assignments, redirects, stdin: given, keyword });
}

/** Bash reads `<(a)b` as one word, the parser as two: words that touch are not trusted. */
function checkApart(items: readonly { type: string; pos: number; end: number }[], out: Collector) {
  items.forEach((item, i) => {
    const before = items[i - 1];
    if (before === undefined || before.end !== item.pos) return;
    if (item.type === 'Word' || item.type === 'Assignment') out.fail('two words without a blank');
  });
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

function readCompoundRedirects(nodes: readonly Redirection[], out: Collector): void {
  const { redirects } = readRedirections(nodes, out);
  if (redirects.length === 0) return;
  out.commands.push({ words: [], assignments: [], redirects, stdin: undefined, keyword: null });
}

function readRedirections(
  nodes: readonly Redirection[],
  out: Collector,
): { redirects: ReadRedirect[]; stdin: string | null | undefined } {
  const redirects: ReadRedirect[] = [];
  let stdin: string | null | undefined;
  for (const node of nodes) {
    if (node.descriptor?.type === 'FileDescriptorVariable') {
      out.hazard('it keeps a file descriptor in a variable');
    }
    if (node.type === 'HereDoc') {
      const plain = node.body.parts === undefined && !node.body.text.includes('\\');
      const inert = node.delimiter?.quoted === true || plain;
      stdin = inert ? node.body.text : null;
    } else if (node.target === undefined) {
      out.fail('a redirection without a target');
    } else if (node.type === 'HereString') {
      stdin = readWord(node.target, out.fail).text;
    } else {
      const redirect = readRedirect(node, node.target, out);
      if (redirect !== null) redirects.push(redirect);
      if (redirect?.access === 'read') stdin = null;
    }
  }
  return { redirects, stdin };
}

/** Null for the few redirections that are harmless. */
function readRedirect(
  node: Extract<Redirection, { type: 'Redirect' }>,
  targetNode: Word,
  out: Collector,
): ReadRedirect | null {
  const target = readWord(targetNode, out.fail);
  const fd = node.descriptor?.type === 'FileDescriptor' ? node.descriptor.value : null;
  const written = `${fd ?? ''}${node.operator} ${targetNode.text}`;
  const duplicates = node.operator === '>&' || node.operator === '<&';
  if (duplicates && /^-./s.test(targetNode.text)) out.fail(`a redirection to ${targetNode.text}`);
  if (node.operator === '>&' && ((fd === 2 && target.text === '1') || isToStderr(fd, target))) {
    return null;
  }
  const toNull = target.text === '/dev/null' && (fd === null || fd === 1 || fd === 2);
  if (toNull && (node.operator === '>' || node.operator === '&>')) return null;
  if (duplicates && (fd !== null || /^(\d+-?|-)$/.test(targetNode.text))) {
    out.hazard(`it moves file descriptors: ${written}`);
    return null;
  }
  return { access: node.operator === '<' ? 'read' : 'write', target, written };
}

function isToStderr(fd: number | null, target: ReadWord): boolean {
  return (fd === null || fd === 1) && target.text === '2';
}
