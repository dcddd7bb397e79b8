// What a text really is: everything in it that a reader would not see, would mistake, or must
// decide about. Pure, linear, total; it changes nothing, and what runs is never normalised.
import type { Finding, Inspection, Surface } from './finding.ts';
import { Findings } from './finding.ts';
import { inspectInjection } from './injection.ts';
import { inspectCharacters } from './inspect-characters.ts';
import { inspectCommand } from './inspect-command.ts';
import { inspectControls } from './inspect-controls.ts';
import { inspectWords, type WordContext } from './inspect-words.ts';
import { inspectSigns } from './look-alikes.ts';
import { inspectAuthority, inspectUrls } from './urls.ts';

/** UTF-16 units of the longest text that is read; a longer one is a block. */
export const LONGEST_TEXT = 64 * 1024;
/** What a program wrote may be longer: it is shown in parts. */
export const LONGEST_OUTPUT = 2 * 1024 * 1024;

const CLEAN: Inspection = { verdict: 'clean', findings: [] };
const UNUSUAL = /[^\t\n -~]/;

/** Inspects a text where it stands. Never throws: what breaks the inspection is a block. */
export function inspect(text: string, surface: Surface): Inspection {
  const limit = surface === 'output' ? LONGEST_OUTPUT : LONGEST_TEXT;
  if (text.length > limit) {
    return refused('limit', text, `${text.length} characters, at most ${limit} can be inspected`);
  }
  const findings = new Findings();
  try {
    look(text, surface, findings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refused('failure', text, `the inspection failed: ${message}`);
  }
  if (findings.list.length === 0) return CLEAN;
  const list = findings.list.sort((a, b) => a.at - b.at);
  return { verdict: findings.verdict, findings: list };
}

function refused(kind: Finding['kind'], text: string, reason: string): Inspection {
  const finding: Finding = {
    kind,
    severity: 'block',
    at: 0,
    length: text.length,
    codePoint: null,
    reason,
  };
  return { verdict: 'block', findings: [finding] };
}

function look(text: string, surface: Surface, findings: Findings): void {
  const isAscii = !UNUSUAL.test(text);
  if (!isAscii || surface === 'path' || surface === 'url') inspectControls(text, surface, findings);
  if (surface === 'command') {
    inspectCommand(text, isAscii, findings);
    return;
  }
  if (!isAscii) {
    inspectCharacters(text, { surface, findings, isQuoted: () => false });
    inspectWords(text, wordContext(text, surface, findings));
    if (surface === 'path') inspectSigns(text, { findings, isQuoted: () => false });
  }
  if (surface === 'url') lookAtUrl(text, findings);
  else
    inspectUrls(text, 0, {
      findings,
      worst: surface === 'chat' ? 'block' : 'warn',
      isVisited: false,
    });
  if (surface !== 'path' && surface !== 'url') inspectInjection(text, 0, () => 'warn', findings);
}

// The first words of a chat message are read as a command of ours.
const CHAT_COMMAND = /^[\p{Cf}\p{Z}]*[!/]\S*(?:\s+\S+)?/u;

function wordContext(text: string, surface: Surface, findings: Findings): WordContext {
  const commandEnd = surface === 'chat' ? (CHAT_COMMAND.exec(text)?.[0].length ?? 0) : 0;
  return {
    surface,
    findings,
    isQuoted: () => surface === 'chat' || surface === 'output',
    isCommandName: (at) => at < commandEnd,
  };
}

function lookAtUrl(text: string, findings: Findings): void {
  const context = { findings, worst: 'block', isVisited: true } as const;
  if (text.includes('://')) inspectUrls(text, 0, context);
  else if (!/^(?:mailto|data|tel|urn):/i.test(text)) inspectAuthority(text, 0, 0, context);
}
