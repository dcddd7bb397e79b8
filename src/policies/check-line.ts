// `policy check --stdin`: one JSON line in, a command or a tool call, one out. A line that cannot
// be read is answered, too: with `ask`, which is what happens to anything that cannot be read.
import { z } from 'zod';
import type { Action } from '../bus/action.ts';
import type { Judgement } from '../bus/messages.ts';
import { type JudgeContext, judge } from './judge.ts';
import { judgeTool, type ToolContext } from './judge-tool.ts';
import { compileRules, type RuleSet } from './rules.ts';

const Patterns = z.array(z.string());

const CheckRequest = z.object({
  id: z.union([z.string(), z.number()]),
  command: z.string().optional(),
  /** A tool call instead of a command. */
  tool: z.string().min(1).optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  cwd: z.string().optional(),
  allow: Patterns.optional(),
  deny: Patterns.optional(),
  ask: Patterns.optional(),
});

/** What a line leaves out. */
export interface CheckDefaults {
  readonly cwd: string;
  readonly home: string | null;
  /** Follows the links of paths in tool calls; without it they are taken as they are written. */
  readonly resolveLinks?: NonNullable<ToolContext['resolveLinks']>;
  /** What else has a say in what is decided, the guard that is; without it the rules alone. */
  readonly guard?: (judgement: Judgement, action: Action) => Judgement;
}

/** The answer to one line; shape and order are a stable contract. */
interface CheckAnswer {
  readonly id: string | number | null;
  readonly effect: 'allow' | 'ask' | 'deny';
  readonly understood: boolean;
  readonly commands: readonly (readonly (string | null)[])[];
  readonly reasons: readonly string[];
}

/** Answers one line. Given lists replace `rules` and are taken as they are. */
export function checkLine(line: string, rules: RuleSet, defaults: CheckDefaults): string {
  return JSON.stringify(answer(line, rules, defaults));
}

function refusal(id: string | number | null, reason: string): CheckAnswer {
  return { id, effect: 'ask', understood: false, commands: [], reasons: [reason] };
}

function answer(line: string, rules: RuleSet, defaults: CheckDefaults): CheckAnswer {
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
  const { id, command, tool, arguments: given = {}, cwd, allow, deny, ask } = parsed.data;
  if ((command === undefined) === (tool === undefined)) {
    return refusal(id, 'this line is not a request: it has either a command or a tool');
  }
  const replaced = allow !== undefined || deny !== undefined || ask !== undefined;
  const lists = { ...(allow && { allow }), ...(deny && { deny }), ...(ask && { ask }) };
  const directory = cwd ?? defaults.cwd;
  if (!directory.startsWith('/')) return refusal(id, 'cwd must be an absolute path');
  const used = replaced ? { ...compileRules(lists), tools: rules.tools } : rules;
  const who = { requester: 'cli:check', platform: 'cli' };
  const context = { ...defaults, ...who, cwd: directory };
  const frame = { cwd: directory, env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const judgement =
    tool === undefined
      ? judgeCommand({ kind: 'shell', command: command ?? '', ...frame }, used, context)
      : judgeTool({ tool, arguments: given }, used, context);
  return {
    id,
    effect: judgement.effect,
    understood: judgement.understood,
    commands: judgement.commands.map((one) => one.words),
    reasons: [...judgement.reasons, ...judgement.warnings],
  };
}

function judgeCommand(action: Action, rules: RuleSet, context: CheckDefaults & JudgeContext) {
  const judgement = judge(action, rules, context);
  return context.guard === undefined ? judgement : context.guard(judgement, action);
}

function knownId(value: unknown): string | number | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : null;
}
