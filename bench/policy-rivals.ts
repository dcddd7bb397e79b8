// What else decides about a command by rules. Each sees the whole line as one string, with its
// patterns compiled beforehand; none of them reads shell.
import { setFlagsFromString } from 'node:v8';
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { Minimatch } from 'minimatch';
import type { Effect } from '../src/bus/messages.ts';
import type { RuleSource } from '../src/policies/rules.ts';

// V8 of Node 20 aborts ("unreachable code" in its deoptimizer) where an inlined call into Cedar's
// WebAssembly is taken back.
setFlagsFromString('--no-turbo-inline-js-wasm-calls');

/** Decides about a whole line. */
export type Rival = (line: string) => Effect;

/** Deny, then ask, then allow. */
const ORDER: readonly Effect[] = ['deny', 'ask', 'allow'];

/** The pattern over a whole line: rules about files become a part of it. */
function lineGlob(rule: RuleSource): string {
  return rule.pattern.replace(/^(?:read|write) /, '* ').replace(/ \*$/, '*');
}

/** The first pattern that fits decides, the strictest effects first. */
function loop<T>(
  rules: readonly RuleSource[],
  compile: (rule: RuleSource) => T,
  fits: (pattern: T, line: string) => boolean,
): Rival {
  const ordered = ORDER.flatMap((effect) =>
    rules
      .filter((rule) => rule.effect === effect)
      .map((rule) => ({ effect, pattern: compile(rule) })),
  );
  return (line) => ordered.find(({ pattern }) => fits(pattern, line))?.effect ?? 'ask';
}

export function regExpLoop(rules: readonly RuleSource[]): Rival {
  const compile = (rule: RuleSource) => {
    const escaped = lineGlob(rule).replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*+/g, '.*')}$`, 's');
  };
  return loop(rules, compile, (pattern, line) => pattern.test(line));
}

export function minimatchLoop(rules: readonly RuleSource[]): Rival {
  const options = { dot: true, nobrace: true, nocomment: true, nonegate: true, noext: true };
  return loop(
    rules,
    (rule) => new Minimatch(lineGlob(rule), options),
    (pattern, line) => pattern.match(line),
  );
}

/** Each rule a policy with `like` on the text, parsed once and kept in the engine. */
export function cedar(rules: readonly RuleSource[]): Rival {
  const id = `rules-${rules.length}`;
  const policies = rules.map((rule) => {
    const verb = rule.effect === 'allow' ? 'permit' : 'forbid';
    const like = JSON.stringify(lineGlob(rule));
    return `${verb}(principal, action, resource) when { context.command like ${like} };`;
  });
  const parsed = preparsePolicySet(id, { staticPolicies: policies.join('\n') });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors.slice(0, 3)));
  const call = {
    principal: { type: 'User', id: 'ada' },
    action: { type: 'Action', id: 'run' },
    resource: { type: 'Host', id: 'here' },
    preparsedPolicySetId: id,
    entities: [],
  };
  return (line) => {
    const answer = statefulIsAuthorized({ ...call, context: { command: line } });
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors.slice(0, 3)));
    if (answer.response.decision === 'allow') return 'allow';
    return answer.response.diagnostics.reason.length > 0 ? 'deny' : 'ask';
  };
}
