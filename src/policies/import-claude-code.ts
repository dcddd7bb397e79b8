// The permission rules of Claude Code (`permissions` in settings.json) as Countersign's: exactly or
// stricter, never looser, and told where neither can be. Its documentation of November 2026.
import { z } from 'zod';
import type { Effect } from '../bus/messages.ts';
import { importBash } from './import-bash.ts';
import { addProtected, importFiles } from './import-files.ts';
import { type ImportAnswer, ImportDraft } from './import-report.ts';
import { quoteWord } from './quote.ts';

/** Where the settings were found. */
export interface ClaudeCodePlace {
  /** The directory that `/path` in a rule begins at, absolute, or null. */
  readonly root: string | null;
  /** Glob of the directories that the settings are for, or null for everywhere. */
  readonly in: string | null;
}

const Settings = z.object({ permissions: z.record(z.string(), z.unknown()) });

const EFFECTS = ['deny', 'ask', 'allow'] as const;

/** Reads the text of a settings.json. */
export function importClaudeCode(text: string, place: ClaudeCodePlace): ImportAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `this is not the JSON of a settings.json: ${why}` };
  }
  const parsed = Settings.safeParse(value);
  if (!parsed.success) {
    const problem =
      'there is no "permissions" object in it: is it the settings.json of Claude Code?';
    return { ok: false, problem };
  }
  const { permissions } = parsed.data;
  const draft = new ImportDraft();
  for (const effect of EFFECTS) {
    const list = permissions[effect] ?? [];
    if (!Array.isArray(list)) {
      return { ok: false, problem: `permissions.${effect} is not a list of rules` };
    }
    for (const rule of list as unknown[]) {
      if (typeof rule === 'string') importRule(rule.trim(), effect, place, draft);
      else draft.lose(`${effect}: ${JSON.stringify(rule)}`, 'a rule is a text');
    }
  }
  const edits = draft.has(({ effect, pattern }) => effect === 'allow' && /^write /.test(pattern));
  if (edits) addProtected(draft, place.in);
  remarkOn(permissions, place, draft);
  return { ok: true, report: draft.report() };
}

function remarkOn(
  permissions: Record<string, unknown>,
  place: ClaudeCodePlace,
  draft: ImportDraft,
): void {
  draft.remark(
    'What Claude Code allows without any rule (reading in the working directory, ls, cat, git status) is asked here: preset rules or your own allow it.',
  );
  if (place.in === null) {
    draft.remark('The rules hold in every directory; --in DIR limits them to one project.');
  }
  const { defaultMode, additionalDirectories } = permissions;
  if (defaultMode !== undefined) {
    draft.remark(
      `defaultMode ${JSON.stringify(defaultMode)} is left out: what no rule allows is always asked here.`,
    );
  }
  if (additionalDirectories !== undefined) {
    draft.remark('additionalDirectories belong to `workspaces` in countersign.yaml.');
  }
}

const READERS = new Set(['Read', 'Glob', 'Grep', 'LS', 'NotebookRead']);
const WRITERS = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);
/** Only these are looked at by Claude Code when a rule names a path. */
const CONSULTED = new Set(['Read', 'Edit']);

interface Rule {
  readonly from: string;
  readonly effect: Effect;
  readonly tool: string;
  readonly specifier: string | null;
  readonly in: string | null;
}

function importRule(
  text: string,
  effect: Effect,
  place: ClaudeCodePlace,
  draft: ImportDraft,
): boolean {
  const from = `${effect}: ${text}`;
  const [, tool, specifier = null] = /^([^()\s]+)(?:\((.*)\))?$/s.exec(text) ?? [];
  if (tool === undefined) {
    return draft.lose(from, 'it is neither Tool nor Tool(specifier)');
  }
  const rule: Rule = { from, effect, tool, specifier, in: place.in };
  const whole = specifier === null || specifier.trim() === '*';
  if (tool === 'Bash') return importCommand(rule, draft);
  if (tool === 'PowerShell') {
    return draft.lose(from, 'PowerShell is not run here: what no rule knows is asked');
  }
  if (tool === 'Cd') return draft.lose(from, 'it limits /cd of a person, not what an agent does');
  if (tool === 'WebFetch') return importFetch(rule, draft);
  const access = READERS.has(tool) ? 'read' : WRITERS.has(tool) ? 'write' : null;
  if (access === null || (whole && !CONSULTED.has(tool))) return importByName(rule, draft);
  if (effect === 'allow' && !CONSULTED.has(tool)) {
    const instead = access === 'read' ? 'Read' : 'Edit';
    const why = `Claude Code never consults it either: the rule that it looks at is ${instead}(${specifier})`;
    return draft.lose(from, why);
  }
  return importFiles(
    { ...rule, access, specifier: whole ? null : specifier, root: place.root },
    draft,
  );
}

const PARAMETER = /^([a-z_]+)\s*:\s*(.*)$/s;

function importCommand(rule: Rule, draft: ImportDraft): boolean {
  const [, key, value = ''] = PARAMETER.exec(rule.specifier ?? '') ?? [];
  const parameters = ['run_in_background', 'timeout', 'description', 'dangerouslyDisableSandbox'];
  if (key === undefined || !parameters.includes(key)) return importBash(rule, draft);
  if (rule.effect === 'allow') {
    return draft.lose(rule.from, 'an allow rule by parameter does not exist there either');
  }
  return draft.add({
    ...rule,
    pattern: `Bash ${argument(key, value)}`,
    note: 'for tool calls only',
  });
}

function importFetch(rule: Rule, draft: ImportDraft): boolean {
  const { specifier, effect } = rule;
  if (specifier === null) return importByName(rule, draft);
  const host = /^\s*domain:\s*([^\s/:@"']+)\s*$/.exec(specifier)?.[1];
  if (host === undefined) {
    return draft.lose(rule.from, 'WebFetch rules name a host, as in WebFetch(domain:example.com)');
  }
  const domain = host.replace(/\.$/, '').toLowerCase();
  if (effect === 'allow' && domain === '*')
    return importByName({ ...rule, specifier: null }, draft);
  if (effect === 'allow') {
    const note = 'https on its usual port only';
    return draft.add({ ...rule, pattern: `http GET ${domain}`, note });
  }
  const note =
    'for every tool that fetches, with any method; curl and wget need rules of their own';
  return draft.add({ ...rule, pattern: `http * ${domain}`, note });
}

/** `WebSearch`, `mcp__github__get_issue`, `Agent(Explore)`. */
function importByName(rule: Rule, draft: ImportDraft): boolean {
  const { effect, specifier } = rule;
  const tool = /^mcp__[^_*](?:(?!__).)*$/s.test(rule.tool) ? `${rule.tool}__*` : rule.tool;
  if (effect === 'allow' && /[*?]/.test(tool) && !/^mcp__[^*?]+?__/.test(tool)) {
    return draft.lose(
      rule.from,
      'a wildcard in the name: Claude Code skips such an allow rule, too',
    );
  }
  const name = tool.includes('*') ? tool : quoteWord(tool);
  if (specifier === null || specifier.trim() === '*') {
    return draft.add({ ...rule, pattern: effect === 'allow' ? `${name} *` : name });
  }
  if (tool === 'Agent' || tool === 'Task') {
    const [, key = 'subagent_type', value = specifier] = PARAMETER.exec(specifier) ?? [];
    const pattern = `${name} ${argument(key, value)}`;
    return draft.add({ ...rule, pattern: effect === 'allow' ? `${pattern} *` : pattern });
  }
  if (effect === 'allow') {
    return draft.lose(rule.from, `which argument of ${tool} is meant is not known here`);
  }
  const [, key = null, value = specifier] = PARAMETER.exec(specifier) ?? [];
  const wanted = key === null ? `*=${globbed(value)}` : argument(key, value);
  return draft.add({
    ...rule,
    pattern: `${name} ${wanted}`,
    note: key === null ? 'stricter: whichever argument holds it' : null,
  });
}

function argument(key: string, value: string): string {
  return `${key}=${globbed(value.trim())}`;
}

/** `*` stays a wildcard, all else means itself. */
function globbed(value: string): string {
  return value
    .split(/(\*+)/)
    .map((part) => (part === '' || part.startsWith('*') ? part : quoteWord(part)))
    .join('');
}
