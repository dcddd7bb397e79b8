// The strict checks: what a parser reads without complaint although bash may read it differently,
// and expansions that execute more than they show. Pure; every answer is a reason or null.
import type { SyntaxNode } from 'unbash';

/** Bytes of one line that is read at all. */
export const LINE_LIMIT_BYTES = 64 * 1024;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u2028\u2029]/;

/** Text without anything that a terminal would not show as a sign of its own: most lines. */
const PRINTABLE = /^[\t\n -~]*$/;

/** What `textProblem` says of a line that is not even parsed. */
export const TOO_LONG = 'longer than 64 KiB';

/** Open brackets, substitutions and heredocs of a line that anybody wrote on purpose. */
const NESTING_LIMIT = 100;
const BACKTICK_LIMIT = 400;
const OPERATOR_LIMIT = 4000;

/** Why a line is not even parsed: hostile nesting costs a parser far more than it costs us. */
export function nestingProblem(source: string): string | null {
  let round = 0;
  let curly = 0;
  let backticks = 0;
  let heredocs = 0;
  let operators = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === '(') round++;
    else if (c === ')') round = Math.max(0, round - 1);
    else if (c === '{') curly++;
    else if (c === '}') curly = Math.max(0, curly - 1);
    else if (c === '`') backticks++;
    else if (c === '<' && source[i + 1] === '<') heredocs++;
    if (c === ';' || c === '&' || c === '|') operators++;
    if (operators > OPERATOR_LIMIT) return 'it holds more operators than are read';
    const deep = Math.max(round, curly, heredocs) > NESTING_LIMIT || backticks > BACKTICK_LIMIT;
    if (deep) return 'it is nested too deeply to be read';
  }
  return null;
}

/** Why this text must not be trusted to any parser, or null. */
export function textProblem(source: string): string | null {
  if (Buffer.byteLength(source) > LINE_LIMIT_BYTES) return TOO_LONG;
  if (source.trim() === '') return 'it is empty';
  if (PRINTABLE.test(source)) return continuationProblem(source);
  if (!source.isWellFormed()) return 'it holds a lone surrogate: not valid Unicode';
  if (source.startsWith('\ufeff')) return 'it starts with a byte order mark';
  const control = CONTROL.exec(source);
  if (control !== null) {
    const code = control[0].codePointAt(0) ?? 0;
    return `it holds the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return continuationProblem(source);
}

function continuationProblem(source: string): string | null {
  if (source.includes('\\\n')) return 'it continues a line with a backslash';
  return source.endsWith('\\') ? 'it ends in a backslash' : null;
}

const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are what it finds.
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\uffff\u{e0000}-\u{e0fff}]/u;
// Joiners and variation selectors belong to emoji and to some scripts, between their characters.
const STRAY =
  /(?<![^\p{ASCII}])[\u200c\u200d]|[\u200c\u200d](?![^\p{ASCII}])|(?<![^\p{ASCII}]|[\d#*])[\ufe00-\ufe0f]/u;

/** Why a person does not see all of this text, or sees it in another order, or null. */
export function hiddenCharacter(source: string): string | null {
  if (PRINTABLE.test(source)) return null;
  const found = HIDDEN.exec(source) ?? STRAY.exec(source);
  if (found === null) return null;
  const code = found[0].codePointAt(0) ?? 0;
  return `it holds U+${code.toString(16).toUpperCase().padStart(4, '0')}, which nobody sees`;
}

/** Numbers, and the two parameters that always are one: `$#` and `$?`. */
const NUMBERS_ONLY = /^(?:\$[#?](?![\w[])|[\d\s+\-*/%()<>=!&|^~?:,])*$/;

/** Whether a regular expression of `[[ =~ ]]` ends where the parser says: no blanks, no quotes. */
export function plainRegex(text: string): boolean {
  if (!/^[\w^$.*+?(){}|[\]:,/@%=~-]*$/.test(text) || /\$(?!$|[|)])/.test(text)) return false;
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

/** Why this piece of syntax is never allowed by a rule, or null. */
export function expansionHazard(node: SyntaxNode): string | null {
  switch (node.type) {
    case 'Function':
      return 'it defines a function, which can stand in for any command';
    case 'Coproc':
      return 'it starts a coprocess';
    case 'Select':
      return 'it asks for input with select';
    case 'ArithmeticExpansion': {
      const body = node.text.replace(/^\$\(\(|\)\)$|^\$\[|\]$/g, '');
      return NUMBERS_ONLY.test(body) ? null : 'arithmetic on names evaluates their text';
    }
    case 'ArithmeticCommand':
      return NUMBERS_ONLY.test(node.body) ? null : 'arithmetic on names evaluates their text';
    case 'ArithmeticFor':
      return 'arithmetic on names evaluates their text';
    case 'ParameterExpansion':
      return parameterHazard(node);
    case 'ProcessSubstitution':
      // Bash passes no word at all for it.
      return node.script?.commands.length === 0 ? 'a process substitution of nothing' : null;
    case 'TestUnary':
      return /^-[abcdefghknprstuwxzGLNOS]$/.test(node.operator)
        ? null
        : `[[ ${node.operator} ]] can evaluate its operand`;
    case 'TestBinary': {
      if (['==', '=', '!=', '<', '>', '=~', '-nt', '-ot', '-ef'].includes(node.operator))
        return null;
      const numbers = NUMBERS_ONLY.test(node.left.text) && NUMBERS_ONLY.test(node.right.text);
      return numbers ? null : `[[ ${node.operator} ]] evaluates arithmetic`;
    }
    default:
      return null;
  }
}

function parameterHazard(node: Extract<SyntaxNode, { type: 'ParameterExpansion' }>): string | null {
  if (node.prefix === '!') return 'an indirect expansion, which names a variable by another';
  if (node.index !== undefined && !/^(?:[@*]|\d+)$/.test(node.index.text)) {
    return 'an array index is evaluated';
  }
  switch (node.operation?.type) {
    case undefined:
    case 'Remove':
    case 'Replace':
    case 'CaseModification':
      return null;
    case 'Default':
      return node.operation.operator.includes('=') ? 'an expansion that assigns' : null;
    case 'Slice': {
      const { offset, length } = node.operation;
      if ([offset, length].every((word) => NUMBERS_ONLY.test(word?.text ?? ''))) return null;
      return `an expansion that is evaluated further: ${node.text.slice(0, 40)}`;
    }
    default:
      return `an expansion that is evaluated further: ${node.text.slice(0, 40)}`;
  }
}
