// `countersign tools`: which tools are known, how their calls are matched, and what the rules say
// of one call. Nothing runs, and no control plane is needed.
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { Identity } from '../bus/messages.ts';
import { explainLines } from '../policies/explain.ts';
import { judgeTool } from '../policies/judge-tool.ts';
import type { RuleEntry, RuleSet } from '../policies/rules.ts';
import { readCall } from '../policies/tools.ts';
import { resolveLinks } from '../policies/tools-links.ts';
import { rulesFor } from '../policies/tools-rules.ts';
import { formText, knownTool, TOOL_SOURCES } from '../policies/tools-table.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import { rulesOf } from './settings.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';
import { indented, safe } from './told.ts';

const LIST_HELP = `
A call is matched by what it touches, and by its name with its arguments as key=value:
  read PATH, write PATH      allow: read docs/**       deny: write ~/.ssh/**
  http METHOD URL            allow: http GET docs.rs   deny: http * evil.com
  NAME key=value             allow: WebSearch *        deny: mcp__github__delete_*
A command line within a call (Bash, shell, exec) is judged like any other.

tools.default in the policy file says what happens to a call that no rule speaks of (ask or
deny), tools.map what the arguments of further tools mean.

Exit codes: 0 done, 2 wrong use, or rules that do not load.`;

const CHECK_HELP = `
The first line of the answer is the effect: allow, ask or deny. Relative paths are read in
--cwd; symbolic links are followed.

Exit codes: 0 whatever the effect, 2 wrong use, or rules that do not load.`;

interface CheckOptions {
  readonly policies?: string;
  readonly args?: Record<string, unknown>;
  readonly cwd?: string;
  readonly from?: string;
}

export function registerTools(program: Command, io: Terminal): void {
  const tools = program.command('tools').description('tool calls of agents: list, check');
  subcommand(tools, 'list', 'the known tools, how each is matched, and which rules concern it')
    .option('--policies <file>', 'the rules (default: those in force)')
    .addHelpText('after', LIST_HELP)
    .action(async ({ policies }: { policies?: string }, self: Command) => {
      await list(policies, self, io);
    });
  subcommand(tools, 'check', 'what the rules say of a tool call, and why')
    .argument('<name>', 'the tool, such as Read or mcp__github__get_issue')
    .option('--args <json>', 'its arguments, such as \'{"file_path":"a.md"}\'', parseArguments)
    .option('--policies <file>', 'the rules to judge by (default: those in force)')
    .option('--cwd <dir>', 'where relative paths begin (default: here)')
    .option('--from <identity>', 'who would ask (default: you)', parseIdentity)
    .addHelpText('after', CHECK_HELP)
    .action(async (name: string, options: CheckOptions, self: Command) => {
      await check(name, options, self, io);
    });
}

function parseArguments(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`It is not JSON: ${why}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new InvalidArgumentError('It must be a JSON object, such as {"file_path":"a.md"}.');
}

function parseIdentity(text: string): string {
  const parsed = Identity.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be platform:stable-id, such as telegram:123456.');
}

interface ListedTool {
  readonly name: string;
  readonly source: string;
  /** `read PATH` */
  readonly matched: string;
  readonly rules: readonly RuleEntry[];
}

async function list(named: string | undefined, command: Command, io: Terminal): Promise<void> {
  const { rules, path, exists } = await rulesOf(named, command, io);
  const tools = listed(rules);
  const byDefault = rules.tools.default ?? 'ask';
  if (globalsOf(command).json) {
    const policies = exists ? path : null;
    const rows = tools.map((tool) => ({ ...tool, rules: tool.rules.map((rule) => rule.written) }));
    return io.stdout(`${JSON.stringify({ default: byDefault, policies, tools: rows })}\n`);
  }
  const rows = tools.map(({ name, source, matched, rules: concerned }) => [
    name,
    source,
    matched,
    concerned.map((rule) => rule.written).join('; '),
  ]);
  const heads = ['TOOL', 'OF', 'MATCHED', 'RULES'];
  await io.stdout(tableText({ heads, rows, flexible: [3] }, io.columns()));
  return io.stdout(`\nA call that no rule speaks of: ${byDefault}.\n`);
}

/** The file's own tools first, then those that are known, each name once. */
function listed(rules: RuleSet): ListedTool[] {
  const own = Object.keys(rules.tools.map ?? {}).map((name) => ['policy file', name] as const);
  const known = TOOL_SOURCES.flatMap(([source, tools]) =>
    Object.keys(tools).map((name) => [source, name] as const),
  );
  const named = namedTools(rules).map((name) => ['rules', name] as const);
  const seen = new Set<string>();
  return [...own, ...known, ...named].flatMap(([source, name]) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const form = knownTool(name, rules.tools)?.form ?? {};
    return [{ name, source, matched: formText(form), rules: rulesFor(name, form, rules) }];
  });
}

/** Tools of MCP servers that rules name. */
function namedTools({ rules }: RuleSet): string[] {
  return rules.flatMap(({ pattern }) => /^mcp__\S+/.exec(pattern)?.[0] ?? []);
}

async function check(
  name: string,
  options: CheckOptions,
  command: Command,
  io: Terminal,
): Promise<void> {
  if (name === '' || /[\s\p{Cc}]/u.test(name)) throw usage('the name of a tool is one word');
  const { rules, path, exists } = await rulesOf(options.policies, command, io);
  const cwd = resolve(io.cwd(), options.cwd ?? '.');
  const requester = options.from ?? `local:${io.uid ?? 0}`;
  const platform = requester.split(':', 1)[0] ?? '';
  const context = { requester, platform, cwd, home: io.home, resolveLinks };
  const call = { tool: name, arguments: options.args ?? {} };
  const judgement = judgeTool(call, rules, context);
  const known = knownTool(name, rules.tools);
  const { problems } = readCall(call, known, context);
  if (globalsOf(command).json) {
    const { effect, understood, approvals, commands, reasons, warnings } = judgement;
    const document = {
      tool: name,
      matched: formText(known?.form ?? {}),
      effect,
      understood,
      approvals,
      commands: commands.map((one) => one.words),
      reasons,
      warnings,
      parts: commands,
      policies: exists ? path : null,
    };
    return io.stdout(`${JSON.stringify(document)}\n`);
  }
  const how = known === null ? 'by name: nothing else is known of it' : formText(known.form);
  const lines = [judgement.effect, ...explainLines(judgement), safe(`Matched ${how}.`)];
  if (problems.length > 0 && options.args === undefined) lines.push('Its arguments: --args JSON');
  return io.stdout(`${lines.map(indented).join('\n')}\n`);
}
