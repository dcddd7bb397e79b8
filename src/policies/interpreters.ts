// Programs that run other programs or program text: what a wildcard may cover on them is only what
// stands behind a script or program that the rule names itself.
import type { ReadWord } from './word.ts';
import { CARRIERS, SHELLS } from './wrappers.ts';

const INTERPRETER =
  /^(?:python|pypy|perl|ruby|node|nodejs|deno|bun|php|lua|luajit|Rscript|R|julia|java|groovy|scala|kotlin|tclsh|wish|osascript|pwsh|elixir|erl|escript|runghc|runhaskell|ghci|swift|dotnet|guile|racket|sbcl|clisp|ocaml|jrunscript|raku|fish|csh|tcsh|nu|elvish|xonsh|rhino|d8|qjs|awk-script|ipython|jython|micropython|crystal|dart|v8|nodemon|tsx|ts-node|zx|coffee|php-cgi|hhvm|gosh|chez|gforth|sclang|pike|rexx|expect)[\d.]*(?:-[\d.]+)?$/;

/** Why a rule that names only the words in `literal` does not cover a command, or null. */
type DangerOf = (words: readonly ReadWord[], literal: ReadonlySet<ReadWord>) => string | null;

/** Whether this name is an interpreter or a shell. */
export function isInterpreter(name: string): boolean {
  return SHELLS.has(name) || INTERPRETER.test(name);
}

// Options without a value, behind which the script still is the first operand.
const FLAGS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    python: /^-[uBIEsSOqv]+$/,
    perl: /^-[wWtT]+$/,
    ruby: /^-[wW]$/,
    node: /^--(?:no-warnings|enable-source-maps|trace-warnings|trace-uncaught|use-strict)$/,
    bash: /^-[euxfv]+$/,
    sh: /^-[euxfv]+$/,
  }),
);

// Modules that do one thing with their arguments, rather than run what these name.
const MODULES = new Set(
  'pytest mypy black flake8 ruff isort pylint pycodestyle pydocstyle bandit'.split(' '),
);

/** Why a rule that names only the words in `literal` does not cover this interpreter, or null. */
export function interpreterDanger(
  name: string,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  danger: DangerOf,
): string | null {
  if (!isInterpreter(name)) return null;
  const refuse = `${name} runs program text: a wildcard covers only what follows a script that the rule names`;
  if (/^(?:deno|bun|dotnet|java)$/.test(name)) return refuse;
  const flags = FLAGS.get(name.replace(/[\d.]+$/, ''));
  let i = 1;
  for (; i < words.length; i++) {
    const word = words[i] as ReadWord;
    if (!literal.has(word) || word.text === null) return refuse;
    if (!flags?.test(word.text)) break;
  }
  const text = words[i]?.text ?? null;
  if (text === '-m' && /^python/.test(name)) {
    const module = words[i + 1];
    if (module?.text && literal.has(module) && MODULES.has(module.text)) {
      return danger(words.slice(i + 1), literal);
    }
    return refuse;
  }
  return text === null || /^[-+]/.test(text) ? refuse : null;
}

// Launchers of a program that their first operand names, perhaps behind a verb.
const LAUNCHERS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    npx: [],
    pnpx: [],
    bunx: [],
    uvx: [],
    uv: ['run'],
    poetry: ['run'],
    pipenv: ['run'],
    bundle: ['exec'],
  }),
);

/** The same for programs that launch other programs. */
export function carrierDanger(
  name: string,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
  danger: DangerOf,
): string | null {
  if (!CARRIERS.has(name)) return null;
  const refuse = `${name} runs other programs: a wildcard on it covers nothing`;
  const verbs = LAUNCHERS.get(name);
  if (verbs === undefined) return refuse;
  const inner = words.slice(1 + verbs.length);
  const verbsFit = verbs.every((verb, i) => words[i + 1]?.text === verb);
  const program = inner[0];
  if (!verbsFit || !program?.text || !literal.has(program) || program.text.startsWith('-')) {
    return refuse;
  }
  return danger(inner, literal);
}
