// Control characters and terminal escapes, by where they stand: in a command each is a block, in
// what a program wrote some are ordinary.
import { codePointName } from './code-points.ts';
import { type Sequence, sequenceAt } from './ecma48.ts';
import type { Findings, Severity, Surface } from './finding.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: 'NUL',
  7: 'the bell',
  8: 'a backspace',
  11: 'a vertical tab',
  12: 'a form feed',
  13: 'a carriage return: what follows overwrites what was shown',
  127: 'DEL',
};

/** Finds controls and escapes; a text without any costs one look at each character. */
export function inspectControls(text: string, surface: Surface, findings: Findings): void {
  const end = text.length;
  for (let at = 0; at < end; ) {
    const code = text.charCodeAt(at);
    if ((code >= 0x20 && code < 0x7f) || code > 0x9f || code === 0x0a || code === 0x09) {
      if (code < 0x20 && (surface === 'path' || surface === 'url'))
        tellBreak(at, code, surface, findings);
      at += 1;
      continue;
    }
    const sequence = sequenceAt(text, at);
    if (sequence !== null) {
      tellSequence(sequence, surface, findings);
      at = sequence.end;
      continue;
    }
    tellControl(text, at, code, surface, findings);
    at += 1;
  }
}

function tellBreak(at: number, code: number, surface: Surface, findings: Findings): void {
  const name = codePointName(code);
  const severity = code === 0x0a || surface === 'url' ? 'block' : 'warn';
  findings.add('control', severity, at, 1, `${name} within a ${surface}`, name);
}

function tellControl(
  text: string,
  at: number,
  code: number,
  surface: Surface,
  findings: Findings,
): void {
  const isLineEnd = code === 0x0d && text.charAt(at + 1) === '\n';
  // One line end at the end is how some programs hand a line over.
  if (isLineEnd && (surface === 'chat' || surface === 'output' || at + 2 === text.length)) return;
  const name = codePointName(code);
  const reason = `${name} is ${NAMES[code] ?? 'a control character'}`;
  findings.add('control', severityOfControl(text, at, code, surface), at, 1, reason, name);
}

function severityOfControl(text: string, at: number, code: number, surface: Surface): Severity {
  if (surface !== 'output') return 'block';
  // A bell, a page, the last words of a line that was drawn anew: ordinary in what programs write.
  if (code === 0x07 || code === 0x0c || code === 0x00) return 'note';
  return code === 0x0d && isProgress(text, at) ? 'note' : 'warn';
}

const LONGEST_PROGRESS = 300;
// Counts, shares, bars and spinners.
const PROGRESS =
  /\d\s?%|\d\s?\/\s?\d|\d\s?[kMG]i?B|[#=.]{3}|[\u2800-\u28FF\u2588-\u258F]|^\s*[|/\\-]?\s*$/;

/** True where a line ended, or is drawn anew and said no more than how far it was. */
function isProgress(text: string, at: number): boolean {
  if (at + 1 === text.length) return true;
  const line = text.slice(Math.max(0, at - LONGEST_PROGRESS), at);
  const start = Math.max(line.lastIndexOf('\n'), line.lastIndexOf('\r')) + 1;
  return PROGRESS.test(line.slice(start));
}

function tellSequence(sequence: Sequence, surface: Surface, findings: Findings): void {
  const [severity, reason] =
    surface === 'output' ? inOutput(sequence) : (['block', 'is a terminal escape'] as const);
  if (severity === null) return;
  const { at, end, kind } = sequence;
  findings.add('escape', severity, at, end - at, `${kind} ${reason}`, null);
}

const CLIPBOARD = /^(?:52|1337;(?:Copy|File|RequestUpload)|5522)/;
/** Commands that ask, so that the answer is typed, or that other programs obey. */
const ASKS = /^(?:4|5|1[0-9]|50|60|99|777|9)(?:;|$)/;

type Judgement = readonly [severity: Severity | null, reason: string];

function inOutput({ kind, body, final, isComplete }: Sequence): Judgement {
  switch (kind) {
    case 'CSI':
      if (final === 'm' || (final === 'K' && isComplete)) return [null, ''];
      if (final === 'n' || final === 'c' || (final === 't' && /^\d{2}/.test(body))) {
        return ['warn', 'asks the terminal, which answers as if it were typed'];
      }
      return ['warn', isComplete ? 'moves, erases or sets modes' : 'is never finished'];
    case 'OSC':
      if (CLIPBOARD.test(body)) return ['block', 'writes to the clipboard or to files'];
      if (body.startsWith('8;')) return ['warn', 'is a link whose target is not shown'];
      return ASKS.test(body) && body.includes('?')
        ? ['block', 'asks the terminal, which answers as if it were typed']
        : ['warn', 'is a command to the terminal'];
    case 'DCS':
      return ['block', 'programs the terminal or makes it answer'];
    case 'APC':
    case 'PM':
    case 'SOS':
      return ['warn', 'is hidden from the screen'];
    case 'escape':
      return body === '(' ||
        body === ')' ||
        final === '7' ||
        final === '8' ||
        final === '=' ||
        final === '>'
        ? ['note', 'sets the terminal up']
        : ['warn', 'resets or sets the terminal up'];
    case 'C1':
      return ['warn', 'is a control of eight bits'];
    case 'lone':
      return ['warn', 'waits for what comes next'];
  }
}
