// `policy check --stdin`: one JSON line in, one out. A line that cannot be read is answered, too:
// with `ask`, which is what happens to anything that cannot be read.
import { z } from 'zod';
import { judge } from './judge.ts';
import { compileRules, type RuleSet } from './rules.ts';

const Patterns = z.array(z.string());

const CheckRequest = z.object({
  id: z.union([z.string(), z.number()]),
  command: z.string(),
  cwd: z.string().optional(),
  allow: Patterns.optional(),
  deny: Patterns.optional(),
  ask: Patterns.optional(),
});

/** The answer to one line; shape and order are a stable contract. */
interface CheckAnswer {
  readonly id: string | number | null;
  readonly effect: 'allow' | 'ask' | 'deny';
  readonly understood: boolean;
  readonly commands: readonly (readonly (string | null)[])[];
  readonly reasons: readonly string[];
}

/** Answers one line. Given lists replace `rules` and are taken as they are. */
export function checkLine(
  line: string,
  rules: RuleSet,
  defaults: { cwd: string; home: string | null },
): string {
  return JSON.stringify(answer(line, rules, defaults));
}

function refusal(id: string | number | null, reason: string): CheckAnswer {
  return { id, effect: 'ask', understood: false, commands: [], reasons: [reason] };
}

function answer(
  line: string,
  rules: RuleSet,
  defaults: { cwd: string; home: string | null },
): CheckAnswer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(null, `this line is not JSON: ${why}`);
  }
  const parsed = CheckRequest.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the line'}: ${issue.message}`,
    );
    return refusal(knownId(value), `this line is not a request: ${issues.join('; ')}`);
  }
  const { id, command, cwd, allow, deny, ask } = parsed.data;
  const replaced = allow !== undefined || deny !== undefined || ask !== undefined;
  const given = { ...(allow && { allow }), ...(deny && { deny }), ...(ask && { ask }) };
  const directory = cwd ?? defaults.cwd;
  if (!directory.startsWith('/')) return refusal(id, 'cwd must be an absolute path');
  const judgement = judge(
    { kind: 'shell', command, cwd: directory, env: {}, stdinDigest: null, sandbox: 'strict' },
    replaced ? compileRules(given) : rules,
    { requester: 'cli:check', platform: 'cli', cwd: directory, home: defaults.home },
  );
  return {
    id,
    effect: judgement.effect,
    understood: judgement.understood,
    commands: judgement.commands.map((one) => one.words),
    reasons: [...judgement.reasons, ...judgement.warnings],
  };
}

function knownId(value: unknown): string | number | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : null;
}
