// A judgement in lines that a tired person can read on a phone: how each command was read, which
// rule decided, and why. Data in, text out; escaping is the business of whoever shows it.
import type { JudgedCommand, Judgement } from '../bus/messages.ts';

/** The most commands that are listed; the rest is counted. */
const LISTED = 20;

/** Explains a judgement, the effect first. `brief` says nothing twice, for small screens. */
export function explainLines(judgement: Judgement, brief = false): string[] {
  const lines = [headline(judgement)];
  const { commands } = judgement;
  const reasons = brief ? judgement.reasons.filter(isNews(commands)) : judgement.reasons;
  if (!judgement.understood) lines.push('Not everything in it can be known before it runs.');
  if (commands.length > 0) lines.push('Read as:');
  for (const command of commands.slice(0, LISTED)) {
    lines.push(`  ${command.effect}: ${readCommandText(command)}`);
    lines.push(`    ${command.rule === null ? command.reason : `rule ${command.rule}`}`);
  }
  if (commands.length > LISTED) lines.push(`  and ${commands.length - LISTED} more`);
  if (reasons.length > 0) lines.push('Because:', ...reasons.map((reason) => `  ${reason}`));
  for (const { kind, where, reason } of judgement.findings) {
    // What blocks or asks is mostly among the reasons already.
    if (judgement.reasons.some((told) => told.includes(reason))) continue;
    lines.push(`Note: ${kind} in the ${where}: ${reason}`);
  }
  lines.push(...judgement.warnings.map((warning) => `Warning: ${warning}`));
  return lines;
}

/** Whether a reason is not told below one of the commands already. */
function isNews(commands: readonly JudgedCommand[]): (reason: string) => boolean {
  const told = new Set(
    commands
      .slice(0, LISTED)
      .flatMap(({ reason, rule }) => (rule === null ? [reason] : [`allowed by ${rule}`])),
  );
  return (reason) => !told.has(reason);
}

function headline(judgement: Judgement): string {
  switch (judgement.effect) {
    case 'allow':
      return 'allow: it runs without asking';
    case 'deny':
      return 'deny: it never runs';
    case 'ask':
      return judgement.approvals > 1
        ? `ask: ${judgement.approvals} different people must approve`
        : 'ask: somebody must approve';
    default:
      return judgement.effect satisfies never;
  }
}

/** Words as they reach the program, quoted only where that is needed to tell them apart. */
export function readCommandText(command: JudgedCommand): string {
  return command.words
    .map((word) => {
      if (word === null) return '<unknown>';
      return /^[\w@%+=:,./~^{}[\]*?!-]+$/.test(word) ? word : JSON.stringify(word);
    })
    .join(' ');
}
