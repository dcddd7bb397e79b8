// A command as a whole: taken apart once, then looked at by every check that needs its parts.
import type { Findings } from './finding.ts';
import { inspectInjection } from './injection.ts';
import { inspectCharacters } from './inspect-characters.ts';
import { inspectWords } from './inspect-words.ts';
import { inspectSigns } from './look-alikes.ts';
import { readShellText } from './shell-reader.ts';
import type { ShellText } from './shell-text.ts';
import { type Span, Spans } from './spans.ts';
import { inspectThreats } from './threats.ts';

/** More blanks in a row push what follows out of sight. */
const MOST_BLANKS = 60;
const MOST_LINES = 8;
const BLANKS = /[ \t\n]{8,}/g;

/** Looks at a text that a shell would run. */
export function inspectCommand(text: string, isAscii: boolean, findings: Findings): void {
  const read = readShellText(text);
  if (read.isTooDeep) {
    findings.add('limit', 'block', 0, text.length, 'nested more deeply than can be read');
  }
  const names: Span[] = [];
  inspectThreats(text, read.script, findings, names);
  if (!isAscii) {
    const quoted = new Spans([...read.quoted, ...read.comments]);
    const named = new Spans(names);
    const isQuoted = (at: number) => quoted.has(at);
    const isCommandName = (at: number) => named.has(at);
    inspectCharacters(text, { surface: 'command', findings, isQuoted });
    inspectWords(text, { surface: 'command', findings, isQuoted, isCommandName });
    inspectSigns(text, { findings, isQuoted });
  }
  inspectPadding(text, read, findings);
  inspectBomb(text, findings);
  inspectProse(text, read, findings);
}

function inspectPadding(text: string, { comments }: ShellText, findings: Findings): void {
  let spans: Spans | null = null;
  BLANKS.lastIndex = 0;
  for (let found = BLANKS.exec(text); found !== null; found = BLANKS.exec(text)) {
    const { index } = found;
    const run = found[0];
    if (index + run.length === text.length) return;
    spans ??= new Spans(comments);
    // The frame of a comment: what follows in the line is comment as well.
    if (!run.includes('\n') && spans.has(index)) continue;
    const lines = run.split('\n');
    const columns = Math.max(
      ...lines.map((line) => line.length + 7 * (line.split('\t').length - 1)),
    );
    if (columns >= MOST_BLANKS) {
      findings.add(
        'padding',
        'warn',
        index,
        run.length,
        'blanks that push what follows out of sight',
      );
    } else if (lines.length > MOST_LINES) {
      findings.add(
        'padding',
        'warn',
        index,
        run.length,
        'empty lines that push what follows out of sight',
      );
    }
  }
}

const LONGEST_INDENT = 200;
// A line after the comment that is no comment itself.
const NEXT_RUNS = /^\s*[^\s#]/;
const BOMB = /([\w:.]{1,20})\s?\(\)\s{0,4}\{\s{0,4}\1\s{0,4}\|\s{0,4}\1\s{0,4}&/;

function inspectBomb(text: string, findings: Findings): void {
  if (!text.includes('()')) return;
  const found = BOMB.exec(text);
  if (found === null) return;
  findings.add(
    'destruction',
    'warn',
    found.index,
    found[0].length,
    'starts itself again and again',
  );
}

function inspectProse(text: string, { comments, quoted }: ShellText, findings: Findings): void {
  for (const [at, end] of comments) {
    if (text.charAt(end - 1) === '\\' && NEXT_RUNS.test(text.slice(end, end + LONGEST_INDENT))) {
      findings.add(
        'hidden-line',
        'warn',
        end - 1,
        1,
        'a comment that seems to go on: the next line runs',
      );
    }
    inspectInjection(
      text.slice(at, end),
      at,
      (aim) => (aim === 'agent' ? 'note' : 'warn'),
      findings,
    );
  }
  let last = 0;
  for (const [at, end] of quoted) {
    // Spans within spans were read with the outer one.
    if (end <= last) continue;
    last = end;
    if (end - at > 12) inspectInjection(text.slice(at, end), at, () => 'note', findings);
  }
}
