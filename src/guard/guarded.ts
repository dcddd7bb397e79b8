// What the guard says of a whole action, joined to what the rules say of it: a block beats every
// rule, a warning is for a person to decide. Pure; it shows nothing and changes no action.
import type { Action } from '../bus/action.ts';
import { commandText } from '../bus/command-text.ts';
import type { GuardFinding, Judgement } from '../bus/messages.ts';
import type { Finding, Surface } from './finding.ts';
import { inspect } from './inspect.ts';

/** Findings that are kept with an action; a text full of them is told by its worst. */
const MOST_KEPT = 12;

export interface GuardedAction {
  readonly action: Action;
  /** What the requester says it is for. */
  readonly reason: string | null;
}

export interface GuardOptions {
  /**
   * Words that tell the approver or an agent what to do are a risk of their own: such an action is
   * never allowed by a rule, and takes one approver more than the rules ask for.
   */
  readonly strict: boolean;
}

/** What is found in an action and in its reason, the most severe first. Never throws. */
export function inspectAction({ action, reason }: GuardedAction): readonly GuardFinding[] {
  const found: GuardFinding[] = [];
  const look = (text: string, surface: Surface, where: GuardFinding['where']) => {
    for (const finding of inspect(text, surface).findings) found.push(told(finding, where));
  };
  look(commandText(action), 'command', 'command');
  look(action.cwd, 'path', 'directory');
  // As the shell would be told them, for what a variable does to a program depends on its name.
  const variables = Object.entries(action.env).map(([name, value]) => `${name}=${quoted(value)}`);
  if (variables.length > 0) look(`${variables.join(' ')} true`, 'command', 'environment');
  // A reason runs nowhere: whatever is in it is told and decides nothing.
  if (reason !== null) {
    for (const finding of inspect(reason, 'chat').findings) {
      found.push({ ...told(finding, 'reason'), severity: 'note' });
    }
  }
  return distinct(found)
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
    .slice(0, MOST_KEPT);
}

/** The stricter of the rules and the guard, with the findings. */
export function guarded(
  judgement: Judgement,
  guardedAction: GuardedAction,
  { strict }: GuardOptions,
): Judgement {
  const findings = inspectAction(guardedAction);
  if (findings.length === 0) return judgement;
  const why = (severity: GuardFinding['severity']) =>
    findings.filter((one) => one.severity === severity).map(findingText);
  const blocks = why('block');
  if (blocks.length > 0) {
    const reasons = [...blocks, ...judgement.reasons];
    const used = judgement.effect === 'deny' ? judgement.used : [];
    return { ...judgement, effect: 'deny', approvals: 1, reasons, used, findings };
  }
  if (judgement.effect === 'deny') return { ...judgement, findings };
  const addressed = strict && findings.some(({ kind }) => kind === 'injection');
  const asks = [...why('warn'), ...(addressed ? [ADDRESSED] : [])];
  if (asks.length === 0) return { ...judgement, findings };
  const approvals = judgement.approvals + (addressed ? 1 : 0);
  const reasons = [...asks, ...judgement.reasons];
  const used = judgement.effect === 'ask' ? judgement.used : [];
  return { ...judgement, effect: 'ask', approvals, reasons, used, findings };
}

/** A finding in one line for people: what, where, why. */
export function findingText({ kind, where, codePoint, reason }: GuardFinding): string {
  const place = where === 'command' ? '' : ` in the ${where}`;
  const character = codePoint === null || reason.includes(codePoint) ? '' : ` (${codePoint})`;
  return `guard: ${kind}${place}${character}: ${reason}`;
}

/** Why no rule may allow what this pattern says: it would never run, or is not what it seems. */
export function patternObjection(pattern: string): string | null {
  const worst = inspect(pattern, 'command').findings.find(({ severity }) => severity === 'block');
  return worst === undefined ? null : `guard: ${worst.kind}: ${worst.reason}`;
}

const ADDRESSED = 'guard: its words tell whoever approves or another program what to do';
const RANK = { block: 0, warn: 1, note: 2 } as const;

function told(finding: Finding, where: GuardFinding['where']): GuardFinding {
  const { kind, severity, codePoint, reason } = finding;
  return { kind, severity, where, codePoint, reason };
}

function distinct(found: readonly GuardFinding[]): GuardFinding[] {
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
