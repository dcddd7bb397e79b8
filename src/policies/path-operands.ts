// Deny and ask rules about files (`read /etc/shadow`, `write ~/.ssh/**`), applied to the operands
// of commands that are known to read or write what they name. It only ever restricts.
import { expandsBelow, isProcess, optionWithGlob } from './elsewhere.ts';
import type { Match } from './match-strict.ts';
import { type SoughtOperands, type SoughtPath, soughtOperand } from './path-index.ts';
import { pathFits, resolvePath, wordText } from './paths.ts';
import type { Pattern } from './pattern.ts';
import type { ReadCommand } from './read-line.ts';
import type { RuleScope } from './rules.ts';
import { programName } from './unwrap.ts';
import type { ReadWord } from './word.ts';

const READERS = new Set(
  (
    'cat head tail tac nl less more bat grep egrep fgrep rg ag ack cut uniq wc strings xxd od ' +
    'hexdump hd base64 base32 diff cmp comm join paste fold fmt rev jq sha256sum md5sum sum cksum ' +
    'cp mv scp rsync dd sed'
  ).split(' '),
);
const WRITERS = new Set(
  (
    'tee cp mv rm touch truncate dd ln install chmod chown chgrp mkdir rmdir shred unlink rsync ' +
    'scp sed vi vim nano ed ex patch split csplit mkfifo mknod setfacl chattr unzip gunzip tar'
  ).split(' '),
);
/** They name files without opening them, or print what they are given. */
const NEITHER = new Set(
  'echo printf ls stat test [ cd pwd basename dirname readlink realpath'.split(' '),
);

/** Whether what this program does with its operands is known: it does not run them. */
export function knownProgram(name: string): boolean {
  return READERS.has(name) || WRITERS.has(name) || NEITHER.has(name);
}

/** What a command's operands name, as far as rules about files can speak of it. */
export interface FileOperands {
  /** What the program may do to them. */
  readonly access: readonly ('read' | 'write')[];
  readonly paths: ReadonlySet<SoughtPath>;
  /** The known beginnings of those that are not known. */
  readonly prefixes: readonly string[];
}

/** Null where no rule about files speaks of any operand. */
export function fileOperands(
  command: ReadCommand,
  scope: RuleScope,
  prepared: SoughtOperands,
): FileOperands | null {
  const name = programName(command.words[0]?.text ?? '');
  if (command.words.length < 2 || NEITHER.has(name)) return null;
  const paths = new Set<SoughtPath>();
  const prefixes: string[] = [];
  for (const word of command.words.slice(1)) {
    const text = wordText(word, scope);
    const operand = text === null ? '' : operandOf(text);
    if (operand !== '') paths.add(soughtOperand(operand, scope, prepared));
    if (text === null && knownProgram(name)) prefixes.push(word.prefix);
  }
  const reads = READERS.has(name) && !WRITERS.has(name);
  return { access: reads ? ['read'] : ['read', 'write'], paths, prefixes };
}

/** The path in an operand, or in the value of an option or of `dd if=`. */
function operandOf(text: string): string {
  if (!text.includes('=')) return text.startsWith('-') ? '' : text;
  return /^-/.test(text) || /^[a-z]+=/.test(text) ? text.replace(/^[^=]*=?/, '') : text;
}

/** Whether a rule about files speaks of an operand of this command. */
export function operandMatch(
  pattern: Extract<Pattern, { kind: 'path' }>,
  command: ReadCommand,
  scope: RuleScope,
): Match {
  const name = programName(command.words[0]?.text ?? '');
  if (pattern.command !== null || NEITHER.has(name)) return 'no';
  const known = pattern.access === 'read' ? READERS : WRITERS;
  // A program that only reads cannot write; any other one may do either.
  if (pattern.access === 'write' && READERS.has(name) && !WRITERS.has(name)) return 'no';
  let best: Match = 'no';
  for (const word of command.words.slice(1)) {
    const text = wordText(word, scope);
    if (text === null) {
      if (isProcess(word)) continue;
      const glob = optionWithGlob(word)?.glob;
      const operand = glob === undefined ? word : { ...word, prefix: '', template: glob };
      if (known.has(name) && couldBecome(pattern.path.source, operand, scope)) best = 'maybe';
      continue;
    }
    const operand = operandOf(text);
    if (operand === '') continue;
    if (!pathFits(pattern.path, resolvePath(operand, scope), scope, true)) continue;
    if (known.has(name)) return 'yes';
    best = 'maybe';
  }
  return best;
}

/** Whether a word that begins like this can become a path that the pattern speaks of. */
function couldBecome(source: string, word: ReadWord, scope: RuleScope): boolean {
  const below = expandsBelow(word);
  // No glob becomes a hidden name unless it has the dot itself.
  const shown = below && !/(?:^|\/)\.(?!\/)/.test(word.template ?? '.');
  if (shown && /^\.[^/]*$/.test(source)) return false;
  const prefix = below && word.prefix === '' ? '.' : word.prefix;
  if (prefix === '' || !/^[/~]/.test(source)) return true;
  const full = source.startsWith('~/') ? (scope.home ?? '') + source.slice(1) : source;
  const start = full.replace(/[*?].*$/s, '');
  const path = resolvePath(prefix, scope);
  return start.startsWith(path) || path.startsWith(start);
}
