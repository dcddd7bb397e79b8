// The name of a command where it is disguised: quotes inside of it, variables put together, escapes
// that spell it, wildcards that find it.
import type { Word } from './shell-text.ts';
import { programName } from './threat-programs.ts';
import type { Reading } from './threat-reading.ts';

const PLAIN_NAME = /^[A-Za-z0-9_./+-]+$/;
const WHOLE_QUOTED = /^(?:'[^']*'|"[^"]*"|\\{1,2}[^\\'"]*)$/;
const WINDOWS_PATH = /^(?:\.{1,2}|[A-Za-z]:)\\|\.(?:exe|bat|cmd|ps1)$/i;
const PIECES = /^(?:[\w./-]*\$\{?\w+\}?[\w./-]*)+$/;
// `/b?n/c*t`, `c?t`: what a case or an assignment to a variable begins with looks different.
const FOUND_PATH = /^\/(?=[^/]*\w[^/]*\/)(?=.*[?*[])[\w./?*[\]-]+$/;
const FOUND_NAME = /^[a-z]*\?[a-z?]*[a-z]$/;
const LONGEST_NAME = 200;

/** The name that is run, as far as it can be told; says where it is disguised. */
export function resolvedName(name: string, word: Word, reading: Reading): string {
  const { text } = word;
  if (word.isPlain && !/[$?*[]/.test(text)) return name;
  const { findings } = reading;
  const length = word.end - word.at;
  if (word.isSpelled) {
    findings.add(
      'encoded-execution',
      'block',
      word.at,
      length,
      `escapes that spell \`${text.slice(0, 40)}\``,
    );
    return name;
  }
  if (text.includes('$IFS') || text.includes('${IFS')) {
    findings.add('obfuscation', 'warn', word.at, length, 'blanks written as a variable');
    return programName(text.split(/\$\{?IFS/, 1)[0] ?? '').toLowerCase();
  }
  if (text.includes('$') && text.length < LONGEST_NAME) return assembled(name, word, reading);
  if (word.isPlain && (FOUND_PATH.test(text) || FOUND_NAME.test(text))) {
    findings.add('obfuscation', 'warn', word.at, length, 'a command that wildcards find');
  } else if (!word.isPlain && PLAIN_NAME.test(text) && reading.isOutermost) {
    const raw = reading.source.slice(word.at, word.end);
    if (!WHOLE_QUOTED.test(raw) && !WINDOWS_PATH.test(raw) && !raw.includes('/')) {
      findings.add(
        'obfuscation',
        'warn',
        word.at,
        length,
        `\`${text}\` with quotes inside of its name`,
      );
    }
  }
  return name;
}

// `a=cu; b=rl; $a$b`
function assembled(name: string, word: Word, { variables, findings }: Reading): string {
  if (variables.size === 0 || !PIECES.test(word.text)) return name;
  let known = 0;
  const text = word.text.replaceAll(/\$\{?(\w+)\}?/g, (written, variable: string) => {
    const found = variables.get(variable)?.text;
    if (found !== undefined) known += 1;
    return found ?? written;
  });
  if (known === 0) return name;
  const isPieced = known > 1 && !text.includes('/') && !text.includes('$');
  if (isPieced) {
    findings.add(
      'obfuscation',
      'warn',
      word.at,
      word.end - word.at,
      `\`${text}\` put together from variables`,
    );
  }
  return programName(text).toLowerCase();
}
