// Programs whose operands are programs of their own (awk, sed, jq, make, npm): what of them a
// wildcard covers. Each answer is a reason or null; whatever is not plainly harmless has a reason.
import { expandsBelow, farPaths, leadsUp } from './elsewhere.ts';
import { gitDanger } from './git.ts';
import type { ReadWord } from './word.ts';

type Check = (words: readonly ReadWord[], literal: ReadonlySet<ReadWord>) => string | null;

const CHECKS: ReadonlyMap<string, Check> = new Map(
  Object.entries({
    git: gitDanger,
    awk: awkDanger,
    gawk: awkDanger,
    mawk: awkDanger,
    nawk: awkDanger,
    sed: sedDanger,
    gsed: sedDanger,
    jq: jqDanger,
    yq: jqDanger,
    make: makeDanger,
    gmake: makeDanger,
    npm: npmDanger,
    pnpm: npmDanger,
    yarn: npmDanger,
    pip: pipDanger,
    cargo: cargoDanger,
    uniq: secondOperandDanger,
    xxd: secondOperandDanger,
    mvn: colonDanger,
    curl: curlDanger,
    tar: tarDanger,
    test: testDanger,
    '[': testDanger,
  }),
);

/** Why the operands that the rule does not name itself are not covered, or null. */
export function operandDanger(
  name: string,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  return CHECKS.get(name)?.(words, literal) ?? null;
}

function operandsOf(words: readonly ReadWord[]): ReadWord[] {
  return words.slice(1).filter((word) => word.text === null || !/^-./s.test(word.text));
}

function awkDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  let i = 1;
  for (; i < words.length; i++) {
    const text = words[i]?.text ?? null;
    if (text === null || !/^-./s.test(text)) break;
    if (/^-f/.test(text) || /^--fi/.test(text)) return null;
    if (/^-W/.test(text) && !literal.has(words[i] as ReadWord)) {
      return 'an option of awk that can name a program file';
    }
    if (/^-[Fv]$/.test(text)) i++;
    if (text === '--') {
      i++;
      break;
    }
  }
  const program = words[i];
  if (program === undefined || literal.has(program)) return null;
  const text = program.text;
  if (
    text !== null &&
    !/[|@]|print[\s\S]*>|system|getline|ENVIRON|PROCINFO|close|fflush|SYMTAB|FUNCTAB|ARG[VC]/.test(
      text,
    )
  ) {
    return null;
  }
  return 'an awk program can run commands and write files: this one is not plainly harmless';
}

// Whether a delimiter within brackets counts differs between versions of sed.
const sedBracket = (without: string): string =>
  String.raw`\[\^?\]?(?:\[:[a-z]+:\]|\\[\w.*+?$^-]|(?!${without})[^[\]\\\n])*\]`;
const SED_ADDRESS = String.raw`(?:\d+(?:~\d+)?|\$|/(?:\\.|${sedBracket('/')}|[^/[\\\n])*/)`;
const SED_PLAIN = new RegExp(
  `^(?:${SED_ADDRESS}(?:,(?:${SED_ADDRESS}|\\+\\d+))?)?\\s*!?\\s*[pdq=]$`,
);
const sedReplace = (without: string): RegExp =>
  new RegExp(
    `^(?:${SED_ADDRESS}(?:,${SED_ADDRESS})?)?\\s*` +
      String.raw`s([/|,#:@!%_])(?:\\.|${sedBracket(without)}|(?!\1)[^[\\\n])*\1` +
      String.raw`(?:\\.|(?!\1)[^\\\n])*\1[gpIi0-9]*$`,
  );
const SED_REPLACE = sedReplace(String.raw`\1`);
/** `s/[^/]*$//`: one command, which is an error where the bracket does not protect. */
const SED_REPLACE_IN_BRACKETS = sedReplace('\n');

function harmlessSed(script: string): boolean {
  if (SED_REPLACE.test(script)) return true;
  const whole = SED_REPLACE_IN_BRACKETS.exec(script);
  if (whole !== null && script.startsWith('s') && !/[\\;]/.test(script)) {
    const flags = script
      .split(whole[1] ?? '')
      .slice(3)
      .join(whole[1]);
    return !/^[gpIiMm\d\s]*[ew}#]/.test(flags);
  }
  return script.split(';').every((part) => {
    const one = part.trim();
    return SED_PLAIN.test(one) || SED_REPLACE.test(one);
  });
}

function sedDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const scripts: (ReadWord | { text: string | null })[] = [];
  let given = false;
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as ReadWord;
    const text = word.text ?? '';
    if (/^-[nErsuz]*f/.test(text) || /^--fi/.test(text)) given = true;
    const short = /^-[nErsuz]*e(.*)$/s.exec(text);
    const long = /^--e[a-z]*(?:=(.*))?$/s.exec(text);
    if (!short && !long) continue;
    given = true;
    const value = short ? short[1] || undefined : long?.[1];
    const next = words[i + 1];
    if (value !== undefined) {
      if (!literal.has(word)) scripts.push({ text: value });
    } else if (next && !literal.has(next)) scripts.push(next);
  }
  const first = operandsOf(words)[0];
  if (!given && first && !literal.has(first)) scripts.push(first);
  if (scripts.every((script) => script.text !== null && harmlessSed(script.text))) return null;
  return 'a sed script can run commands and write files: this one is not plainly harmless';
}

function jqDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  for (const word of words.slice(1)) {
    if (literal.has(word)) continue;
    if (word.text === null) {
      if (word.prefix !== '') continue;
      return 'a filter that is not known before it runs';
    }
    if (
      /\$ENV|\$__|(?:^|[^.\w])(?:env|strenv|envsubst|load\w*|eval|import|include)\b|\b(?:input_filename|modulemeta|getpath_file)\b/.test(
        word.text,
      )
    ) {
      return 'this filter reads the environment or other files';
    }
  }
  return null;
}

function makeDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  for (const word of words.slice(1)) {
    if (literal.has(word)) continue;
    if (word.text === null) return 'a target that is not known before it runs';
    if (word.text.includes('=') && !word.text.startsWith('-')) {
      return `make ${word.text} sets a variable, which recipes execute`;
    }
    if (/[$`]/.test(word.text)) return 'make expands $ in what it is given';
  }
  return null;
}

const NPM_READ = new Set(
  (
    'test t tst run run-script ls list ll la outdated view info show search find ping audit fund ' +
    'doctor why explain prefix root whoami start stop'
  ).split(' '),
);
/** `yarn run NAME` also finds programs; these are scripts as everybody names them. */
const SCRIPTS = new Set(
  'test build lint format check typecheck start dev watch clean docs coverage e2e unit'.split(' '),
);
const NPM_INSTALL = new Set(
  'install i add ci remove rm uninstall update up upgrade dedupe prune'.split(' '),
);
const PACKAGE =
  /^(?:@[\w.-]+\/)?[A-Za-z0-9][\w.-]*(?:\[[\w,]+\])?(?:@[\w.^~<>=*-]+|[=<>~!]=?[\w.*]+)?$/;

function npmDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const [sub, ...operands] = operandsOf(words);
  if (sub === undefined) return null;
  if (sub.text === null) return 'a subcommand that is not known before it runs';
  if (sub.text === 'audit' && operands.some((word) => !literal.has(word) && word.text !== '--')) {
    return 'npm audit fix installs packages: a wildcard does not cover it';
  }
  const [script] = operands;
  const named = words[0]?.text !== 'npm' && /^run/.test(sub.text) ? script : undefined;
  if (
    named !== undefined &&
    !literal.has(named) &&
    !/^[\w:-]*[:-][\w:-]*$/.test(named.text ?? '')
  ) {
    if (!SCRIPTS.has(named.text ?? '')) return `${named.text ?? 'a word'} may be a program`;
  }
  if (NPM_READ.has(sub.text)) return null;
  if (!NPM_INSTALL.has(sub.text) || !literal.has(sub)) {
    if (literal.has(sub) && operands.every((word) => literal.has(word))) return null;
    return `${words[0]?.text} ${sub.text} can run other code: a wildcard does not cover it`;
  }
  const odd = operands.find((word) => !literal.has(word) && !PACKAGE.test(word.text ?? '/'));
  return odd ? 'it could install from a path or an address: a wildcard covers only names' : null;
}

function pipDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const [sub, ...operands] = operandsOf(words);
  if (sub?.text === null) return 'a subcommand that is not known before it runs';
  if (/^(?:list|show|freeze|check|index|help|debug|inspect)$/.test(sub?.text ?? 'help'))
    return null;
  if (sub && literal.has(sub) && sub.text === 'install') {
    if (operands.every((word) => literal.has(word) || PACKAGE.test(word.text ?? '/'))) return null;
  }
  return 'pip runs the code of what it installs: a wildcard does not cover it';
}

function cargoDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const sub = operandsOf(words)[0];
  if (sub === undefined || literal.has(sub)) return null;
  if (
    /^(?:build|b|check|c|test|t|clippy|fmt|doc|tree|metadata|bench|version)$/.test(sub.text ?? '')
  ) {
    return null;
  }
  return `cargo ${sub.text ?? '...'} can run other code: a wildcard does not cover it`;
}

/** An archive `HOST:FILE` is reached through rsh; one that is made is a file that is written. */
function tarDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const mode = words[1]?.text ?? '';
  const makes = words.some(
    (word) =>
      /^-\w*[cruA]/.test(word.text ?? '') ||
      /^--(?:c|app|cat|upd|con)/.test(word.text ?? '') ||
      (word === words[1] && /^\w*[cruA]\w*$/.test(mode)),
  );
  for (const word of operandsOf(words)) {
    if (literal.has(word)) continue;
    const text = word.text ?? word.prefix;
    if (/^[^/]*:/.test(text)) return 'tar reaches an archive with a colon over the network';
    const far = leadsUp(text) || farPaths(text).length > 0;
    if (makes && (far || (word.text === null && !expandsBelow(word)))) {
      return 'tar could write an archive elsewhere';
    }
  }
  return null;
}

/** `uniq IN OUT` and `xxd IN OUT` write OUT. */
function secondOperandDanger(
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  const out = operandsOf(words)[1];
  if (out === undefined || literal.has(out)) return null;
  return `the second operand of ${words[0]?.text} is written`;
}

/** `mvn group:artifact:goal` runs any plugin. */
function colonDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  const odd = operandsOf(words).find((word) => !literal.has(word) && /:/.test(word.text ?? ':'));
  return odd ? 'a goal with a colon names any plugin' : null;
}

function curlDanger(words: readonly ReadWord[], literal: ReadonlySet<ReadWord>): string | null {
  for (const word of operandsOf(words)) {
    if (literal.has(word)) continue;
    const text = word.text ?? word.prefix;
    if (/output\{/.test(text)) return 'curl writes what %output{} names';
    if (/^[a-z][a-z0-9+.-]*:(?!\s)/i.test(text) && !/^https?:/i.test(text)) {
      return 'curl with an address that is not http';
    }
    if (word.text === null && !/^https?:\/\/[^/]+\//i.test(word.prefix)) {
      return 'curl with words that are not known before it runs';
    }
  }
  for (const word of words) {
    if (literal.has(word) || !/^(?:-[A-Za-z]*H)?@|^--header=@/.test(word.text ?? '')) continue;
    return 'curl reads a file that is named with @';
  }
  return null;
}

/** `[ -v NAME ]` evaluates its operand: unknown words may only stand where they are no operator. */
function testDanger(words: readonly ReadWord[]): string | null {
  const args = words.slice(1).filter((word, i, all) => i < all.length - 1 || word.text !== ']');
  if (args.every((word) => word.text !== null)) return null;
  const [first, second] = args;
  const known = args.every((word) => word.single);
  const unary = args.length === 2 && /^-[abcdefghknprstuwxzGLNOS]$/.test(first?.text ?? '');
  const binary =
    args.length === 3 &&
    /^(?:=|==|!=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/.test(second?.text ?? '');
  return known && (unary || binary) ? null : 'a word of the test could become its operator';
}
