// A pattern in plain words, with a line or two that it matches and some that it does not, each of
// them judged rather than guessed. For people who are about to store it.
import type { Effect } from '../bus/messages.ts';
import { DANGERS } from './danger-tables.ts';
import type { Glob } from './glob.ts';
import { judge } from './judge.ts';
import { type CommandPattern, isAnything, isLoneStar, readPattern } from './pattern.ts';
import { quoteWord } from './quote.ts';
import { buildRuleSet } from './rules.ts';
import { programName } from './unwrap.ts';

/** How a pattern was understood. */
export interface PatternMeaning {
  /** `npm run, then a word like test:*, and nothing more` */
  readonly sentence: string;
  /** Lines that a rule with this pattern catches. */
  readonly matches: readonly string[];
  readonly not: readonly string[];
}

/** What a pattern means as a rule of this effect; null for one that means nothing. */
export function describePattern(effect: Effect, given: string): PatternMeaning | null {
  const { pattern, text, problem } = readPattern(given);
  switch (pattern.kind) {
    case 'nothing':
      return null;
    case 'regex':
      return { sentence: `any line in which ${text} is found`, matches: [], not: [] };
    case 'path': {
      const verb = pattern.access === 'read' ? 'reading' : 'writing';
      const by = pattern.command === null ? '' : ` by ${commandSentence(pattern.command, effect)}`;
      const sample = sampleOf(pattern.path);
      const arrow = pattern.access === 'read' ? '<' : '>';
      const program = pattern.command === null ? null : commandSample(pattern.command);
      const opened = ['echo x', 'cat'].map((one) => `${program ?? one} ${arrow} ${sample}`);
      const named = ['cat', 'rm', 'tee', 'cp some'].map((one) => `${one} ${sample}`);
      const through = effect === 'allow' ? ' through a redirection' : '';
      const sentence = `${verb} ${pattern.path.source}${through}${by}`;
      return problem === null
        ? { sentence, ...judged(effect, given, [...opened, ...named], []) }
        : null;
    }
    case 'command': {
      const { command } = pattern;
      const sentence = commandSentence(command, effect);
      if (isAnything(command)) return { sentence, matches: [], not: [] };
      const base = commandSample(command);
      const { likely, unlikely } = candidates(command, base, effect);
      return { sentence, ...judged(effect, given, likely, unlikely) };
    }
  }
}

function commandSentence(command: CommandPattern, effect: Effect): string {
  if (isAnything(command)) return 'every command there is';
  const parts: string[] = [];
  if (command.assignments.length > 0) parts.push(`with ${command.assignments.join(' ')} set`);
  let literal: string[] = [];
  const flush = () => {
    if (literal.length > 0) parts.push(literal.join(' '));
    literal = [];
  };
  for (const glob of command.words) {
    if (glob.literal !== null) {
      literal.push(quoteWord(glob.literal));
      continue;
    }
    flush();
    parts.push(isLoneStar(glob) ? 'any one word' : `a word like ${glob.source}`);
  }
  flush();
  const tail = command.rest
    ? 'any further words or none'
    : effect === 'allow'
      ? 'nothing more'
      : 'whatever follows';
  const said = `${parts.join(', then ')}, ${command.rest ? 'then' : 'and'} ${tail}`;
  const bounded = effect === 'allow' && command.rest && DANGERS.has(programName(nameOf(command)));
  return bounded ? `${said}, as far as they run, load or write nothing else` : said;
}

function nameOf({ words }: CommandPattern): string {
  return words[0]?.literal ?? '';
}

/** A word that the glob fits. */
function sampleOf(glob: Glob): string {
  if (glob.literal !== null) return glob.literal;
  return glob.pieces
    .map((piece) => (piece.kind === 'text' ? piece.char : piece.kind === 'question' ? 'x' : 'some'))
    .join('');
}

function commandSample(command: CommandPattern): string {
  const words = command.words.map((glob) => quoteWord(sampleOf(glob)));
  return [...command.assignments, ...words].join(' ');
}

function candidates(command: CommandPattern, base: string, effect: Effect) {
  const [name = '', ...others] = command.words.map((glob) => quoteWord(sampleOf(glob)));
  const swapped = [name, ...others.slice(0, -1), 'other'].join(' ');
  const shorter = others.length > 0 ? [[name, ...others.slice(0, -1)].join(' ')] : [];
  if (effect !== 'allow') {
    return { likely: [`${base} some`, `sudo ${base} some`, base], unlikely: [swapped, ...shorter] };
  }
  const likely = command.rest ? [base, `${base} some`, `${base} status`] : [base];
  const unlikely = command.rest ? [swapped, ...shorter] : [`${base} more`, swapped];
  return { likely, unlikely: [...unlikely, `${base}; reboot`, `sudo ${base}`] };
}

const SHOWN = 2;

/** The lines that really are caught, and those that really are not. */
function judged(
  effect: Effect,
  pattern: string,
  likely: readonly string[],
  unlikely: readonly string[],
) {
  // With an ask rule alone everything asks, so what it catches is told by judging it as a deny.
  const strict = effect === 'allow' ? 'allow' : 'deny';
  const rules = buildRuleSet([{ effect: strict, pattern }], '');
  const catches = (command: string) => judge(shell(command), rules, CONTEXT).effect === strict;
  const distinct = (lines: readonly string[]) => [...new Set(lines)];
  return {
    matches: distinct(likely).filter(catches).slice(0, SHOWN),
    not: distinct(unlikely)
      .filter((line) => !catches(line))
      .slice(0, SHOWN),
  };
}

const CONTEXT = { requester: 'cli:x', platform: 'cli', cwd: '/workspace', home: '/home/user' };

function shell(command: string) {
  const frame = { cwd: CONTEXT.cwd, env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  return { kind: 'shell' as const, command, ...frame };
}
