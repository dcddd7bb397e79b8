// Rules that should not exist: what may not be stored from chat or the command line, why, and what
// to write instead. It only looks at patterns.
import type { Effect } from '../bus/messages.ts';
import { betterRule } from './better-rules.ts';
import { DANGERS } from './danger-tables.ts';
import { isInterpreter } from './interpreters.ts';
import { judge } from './judge.ts';
import { type CommandPattern, isAnything, type Pattern, readPattern } from './pattern.ts';
import { compileRules } from './rules.ts';
import { programName } from './unwrap.ts';
import { CARRIERS, WRAPPERS } from './wrappers.ts';

type Admission =
  | { readonly admitted: true; readonly dangerous: boolean; readonly pattern: string }
  | { readonly admitted: false; readonly why: string };

/** Whether this rule may be stored; dangerous ones only where the file permits them. */
export function admit(effect: Effect, given: string, dangerousPermitted: boolean): Admission {
  const { pattern, text, problem } = readPattern(given);
  if (problem !== null) return { admitted: false, why: `${given}: ${problem}` };
  if (pattern.kind === 'regex' && effect !== 'deny') {
    const why = 'a regular expression cannot tell what a shell would run: it may only deny';
    return { admitted: false, why };
  }
  const broad = effect === 'allow' ? broadReason(pattern, text) : null;
  if (broad === null) return { admitted: true, dangerous: false, pattern: text };
  if (dangerousPermitted) return { admitted: true, dangerous: true, pattern: text };
  return { admitted: false, why: `${broad}; ${FORCE}` };
}

const FORCE = 'an owner can force it in the policy file, with `dangerous: true` under the rule';

function broadReason(pattern: Pattern, text: string): string | null {
  if (pattern.kind === 'path') return pattern.command === null ? pathReason(pattern, text) : null;
  if (pattern.kind !== 'command') return null;
  const { command } = pattern;
  if (isAnything(command)) {
    return 'allow: * would let everything run unseen: allow single commands, such as "git status" or "npm test"';
  }
  const name = command.words[0];
  if (name === undefined) return null;
  // Tools of one MCP server, by name: no shell has such programs.
  if (/^mcp__[^*?]+?__/.test(name.source)) return null;
  if (name.literal === null) {
    return `it does not name the program: ${name.source} could be anything: name it, such as "git status *"`;
  }
  return programReason(command, programName(name.literal)) ?? uselessReason(command, text);
}

/** A rule whose first open word already is everything that the program can do. */
function programReason(pattern: CommandPattern, base: string): string | null {
  const second = pattern.words[1];
  const open = second === undefined ? pattern.rest : second.literal === null;
  if (!open) return null;
  const better = betterRule(base);
  if (isInterpreter(base)) return `${base} * would run any program text: ${better}`;
  if (WRAPPERS.has(base) || CARRIERS.has(base) || base === 'find' || base === 'eval') {
    return `${base} * would run any other program: ${better}`;
  }
  const never = DANGERS.get(base)?.never;
  return never === undefined ? null : `${base} ${never}: ${better}`;
}

/** Words that people mean by `*`: a rule that is of use covers one of them. */
const PROBES = [
  ...'x 1p {print} . a.txt src get list ls status view test install describe ps up'.split(' '),
  'show',
];

/** A rule whose `*` covers nothing, because all that could stand there runs something else. */
function uselessReason({ words, rest }: CommandPattern, text: string): string | null {
  if (!rest || words.length < 2 || words.some((word) => word.literal === null)) return null;
  const rules = compileRules({ allow: [text] });
  const argv = words.map((word) => word.literal ?? '');
  const frame = { cwd: '/workspace', env: {}, stdinDigest: null, sandbox: 'strict' as const };
  const who = { requester: 'cli:probe', platform: 'cli', cwd: '/workspace', home: null };
  let why: string | undefined;
  for (const probe of PROBES) {
    const judged = judge({ kind: 'exec', argv: [...argv, probe], ...frame }, rules, who);
    if (judged.effect === 'allow') return null;
    why ??= judged.reasons[0];
  }
  return `its * would cover nothing (${why}): ${betterRule(programName(argv[0] ?? ''))}`;
}

/** A rule about files that is one about all of them, wherever they are. */
function pathReason({ path, access }: Extract<Pattern, { kind: 'path' }>, text: string) {
  const everywhere =
    /^~?\/?[*?/]*$|^\/(?:etc|root|home|usr|var|boot|dev|proc|sys)\/?\*+$/.test(path.source) &&
    /^[~/]/.test(path.source);
  // Reading one's home directory is confirmed rather than refused.
  if (!everywhere || (access === 'read' && path.source.startsWith('~'))) return null;
  const better = access === 'write' ? '"write build/**"' : '"read docs/**"';
  return `${text} speaks of files all over the machine: name a folder or an ending, such as ${better}`;
}
