// Rules that should not exist: what may not be stored from chat or the command line, why, and what
// to write instead. It only looks at patterns.
import type { Effect } from '../bus/messages.ts';
import { DANGERS } from './danger-tables.ts';
import { isInterpreter } from './interpreters.ts';
import { type CommandPattern, isAnything, readPattern } from './pattern.ts';
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
  const broad =
    effect === 'allow' && pattern.kind === 'command' ? broadReason(pattern.command) : null;
  if (broad === null) return { admitted: true, dangerous: false, pattern: text };
  if (dangerousPermitted) return { admitted: true, dangerous: true, pattern: text };
  return { admitted: false, why: broad };
}

const FORCE = 'an owner can force it in the policy file, with `dangerous: true` under the rule';

function broadReason(pattern: CommandPattern): string | null {
  if (isAnything(pattern)) {
    return `allow: * would let everything run unseen: allow single commands, such as "git status" or "npm test"; ${FORCE}`;
  }
  const name = pattern.words[0];
  if (name === undefined) return null;
  // Tools of one MCP server, by name: no shell has such programs.
  if (/^mcp__[^*?]+?__/.test(name.source)) return null;
  if (name.literal === null) {
    return `it does not name the program: ${name.source} could be anything; name it, such as "git status *"`;
  }
  const base = programName(name.literal);
  const second = pattern.words[1];
  const open = second === undefined ? pattern.rest : second.literal === null;
  if (!open) return null;
  if (isInterpreter(base)) {
    return `${base} * would run any program text: name the script, such as "${base} scripts/report *"; ${FORCE}`;
  }
  if (WRAPPERS.has(base) || CARRIERS.has(base) || base === 'find' || base === 'eval') {
    const better = base === 'find' ? 'find . -name *' : `${base} git status`;
    return `${base} * would run any other program: name the whole of it, such as "${better}"; ${FORCE}`;
  }
  const never = DANGERS.get(base)?.never;
  if (never !== undefined) {
    return `${base} ${never}: spell out the command that is meant instead of *; ${FORCE}`;
  }
  return null;
}
