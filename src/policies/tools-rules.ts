// Which rules concern a tool at all, whatever a call of it says: for lists. It judges nothing.
import { globMatches } from './glob.ts';
import { isAnything, type Pattern, readPattern } from './pattern.ts';
import type { RuleEntry, RuleSet } from './rules.ts';
import type { ToolForm } from './tools-table.ts';

/** The rules by its name, and those about what such a tool does; none about commands. */
export function rulesFor(name: string, form: ToolForm, { rules }: RuleSet): RuleEntry[] {
  return rules.filter((rule) => concerns(readPattern(rule.pattern).pattern, rule, name, form));
}

function concerns(pattern: Pattern, rule: RuleEntry, name: string, form: ToolForm): boolean {
  if (pattern.kind === 'path') {
    if (pattern.command !== null) return false;
    if (pattern.access === 'read') return form.read !== undefined;
    return form.write !== undefined || form.patch !== undefined;
  }
  if (pattern.kind !== 'command') return false;
  if (isAnything(pattern.command)) return rule.effect !== 'allow';
  const [first] = pattern.command.words;
  if (first === undefined) return false;
  if (first.literal === 'http' && form.http !== undefined) return true;
  if (first.source === name) return true;
  // A wildcard speaks of tools where it names a server; other ones are about programs.
  return (first.literal ?? first.source).startsWith('mcp__') && globMatches(first, name, true);
}
