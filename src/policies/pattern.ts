// From the text of a rule to its parts. What cannot be read is a problem told in words; nothing
// here knows a command or a decision.
import { RE2JS } from 're2js';
import { type Glob, makeGlob } from './glob.ts';

/** Characters of one pattern; longer ones are refused. */
const PATTERN_LIMIT = 1024;

/** Words, from first to last. */
export interface CommandPattern {
  /** `NAME=value` words before the program, which must stand there exactly so. */
  readonly assignments: readonly string[];
  readonly words: readonly Glob[];
  /** It ends in a lone `*`: any further words, none included. */
  readonly rest: boolean;
}

export type Pattern =
  | { readonly kind: 'command'; readonly command: CommandPattern }
  | {
      readonly kind: 'path';
      readonly access: 'read' | 'write';
      readonly path: Glob;
      /** Only for files opened for this command. */
      readonly command: CommandPattern | null;
    }
  | { readonly kind: 'regex'; readonly regex: RE2JS }
  /** Empty, or not readable: matches nothing. */
  | { readonly kind: 'nothing' };

/** A pattern as read, in Countersign's own form. */
interface ReadPattern {
  readonly pattern: Pattern;
  /** The pattern as it is kept and listed. */
  readonly text: string;
  /** Why it does not mean anything, or null. */
  readonly problem: string | null;
}

interface Token {
  readonly runs: { text: string; quoted: boolean }[];
}

/** Reads a pattern. */
export function readPattern(given: string): ReadPattern {
  const text = ownForm(given.trim());
  const nothing = (problem: string): ReadPattern => ({
    pattern: { kind: 'nothing' },
    text,
    problem,
  });
  if (text === '') return nothing('an empty pattern matches nothing');
  if (text.length > PATTERN_LIMIT) return nothing(`longer than ${PATTERN_LIMIT} characters`);
  if (/^\/.+\/$/s.test(text)) return readRegex(text);
  const tokens = tokenise(text);
  if (tokens === null) return nothing('a quote is not closed');
  return { ...readTokens(tokens), text };
}

/** Claude Code's `Bash(npm run test:*)` in our words. */
function ownForm(text: string): string {
  const bash = /^Bash\((.*)\)$/s.exec(text);
  if (bash?.[1] === undefined) return text === 'Bash' ? '*' : text;
  return bash[1].trim().replace(/:\*$/, ' *');
}

function readRegex(text: string): ReadPattern {
  try {
    return {
      pattern: { kind: 'regex', regex: RE2JS.compile(text.slice(1, -1)) },
      text,
      problem: null,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = `not an RE2 expression (look-around and back-references do not exist): ${why}`;
    return { pattern: { kind: 'nothing' }, text, problem };
  }
}

/** Blanks separate, quotes group and make literal; everything else stands for itself. */
function tokenise(text: string): Token[] | null {
  const tokens: Token[] = [];
  let current: Token | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (/[ \t\n]/.test(char)) {
      current = null;
      continue;
    }
    if (current === null) {
      current = { runs: [] };
      tokens.push(current);
    }
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, i + 1);
      if (end < 0) return null;
      current.runs.push({ text: text.slice(i + 1, end), quoted: true });
      i = end;
    } else {
      const last = current.runs.at(-1);
      if (last && !last.quoted) last.text += char;
      else current.runs.push({ text: char, quoted: false });
    }
  }
  return tokens;
}

const REDIRECT = /^(?:[0-9]|&)?(>>?|>\||<>?)$/;

function bare(token: Token | undefined): string | null {
  const [run, ...more] = token?.runs ?? [];
  return run !== undefined && more.length === 0 && !run.quoted ? run.text : null;
}

function readTokens(tokens: Token[]): { pattern: Pattern; problem: string | null } {
  if (tokens.some((token) => /^(?:[|&;]+|\|&)$/.test(bare(token) ?? ''))) {
    const problem = 'a pattern is one simple command: a regular expression can deny whole lines';
    return { pattern: { kind: 'nothing' }, problem };
  }
  const split = tokens.flatMap(splitRedirect);
  const at = split.findIndex((token) => REDIRECT.test(bare(token) ?? ''));
  if (at >= 0) {
    const target = split[at + 1];
    if (target === undefined || split.length > at + 2) {
      const problem = 'a redirection in a pattern is followed by exactly one path';
      return { pattern: { kind: 'nothing' }, problem };
    }
    const access = (bare(split[at]) ?? '').endsWith('<') ? 'read' : 'write';
    const before = commandPattern(split.slice(0, at));
    const command = at === 0 || isAnything(before) ? null : before;
    return {
      pattern: { kind: 'path', access, path: makeGlob(target.runs), command },
      problem: null,
    };
  }
  const verb = bare(split[0]);
  if ((verb === 'read' || verb === 'write') && split.length === 2 && split[1]) {
    const path = makeGlob(split[1].runs);
    return { pattern: { kind: 'path', access: verb, path, command: null }, problem: null };
  }
  const command = commandPattern(split);
  if (command.words.length === 0 && !command.rest) {
    return { pattern: { kind: 'nothing' }, problem: 'it names no command' };
  }
  return { pattern: { kind: 'command', command }, problem: null };
}

/** `>/etc/x` and `2>x` without a blank. */
function splitRedirect(token: Token): Token[] {
  const [run, ...more] = token.runs;
  if (run === undefined || run.quoted) return [token];
  const found = /^((?:[0-9]|&)?(?:>>|>\||<>|[<>]))(.+)$/s.exec(run.text);
  if (found?.[1] === undefined || found[2] === undefined) {
    const whole = REDIRECT.test(run.text) && more.length > 0;
    return whole ? [{ runs: [run] }, { runs: more }] : [token];
  }
  return [
    { runs: [{ text: found[1], quoted: false }] },
    { runs: [{ text: found[2], quoted: false }, ...more] },
  ];
}

function commandPattern(tokens: readonly Token[]): CommandPattern {
  const words = tokens.map((token) => makeGlob(token.runs));
  const assignments: string[] = [];
  while (words[0]?.literal && /^[A-Za-z_]\w*=/.test(words[0].literal)) {
    assignments.push(words.shift()?.literal ?? '');
  }
  const last = bare(tokens.at(-1));
  const rest = last === '*' || last === '**';
  if (rest) words.pop();
  return { assignments, words, rest };
}

/** Whether it is `*` and nothing else. */
export function isAnything(pattern: CommandPattern): boolean {
  return pattern.rest && pattern.words.length === 0 && pattern.assignments.length === 0;
}

/** Whether a word of a pattern is exactly `*`: one word, whatever it is. */
export function isLoneStar(glob: Glob): boolean {
  return glob.pieces.length === 1 && glob.pieces[0]?.kind === 'star';
}
