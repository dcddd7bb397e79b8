// Lines so plain that every shell reads them alike: words and quotes, nothing else. Such a line is
// run as its words, without a shell that could read it in another way than the rules did.

/** What stands bare in a word and means itself to any shell, wherever it stands. */
const BARE = /[A-Za-z0-9_@%+:,./=-]/;
/** What means itself within double quotes; within single quotes all but the quote does. */
const QUOTED = /[^"$`\\!\p{Cc}]/u;

/** bash's own commands and words, which no program of the same name replaces (bash 5.2). */
const OF_BASH: ReadonlySet<string> = new Set(
  [
    '. : [ alias bg bind break builtin caller case cd command compgen complete compopt continue',
    'coproc declare dirs disown do done echo elif else enable esac eval exec exit export false fc',
    'fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd',
    'printf pushd pwd read readarray readonly return select set shift shopt source suspend test',
    'then time times trap true type typeset ulimit umask unalias unset until wait while',
  ]
    .join(' ')
    .split(' '),
);

/**
 * The words of a line of one program and plain arguments; null for every other line. A program
 * named by a path is left to bash, which also runs scripts that name no interpreter.
 */
export function plainArgv(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (const char of line) {
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (quote === '"' ? QUOTED.test(char) : !/\p{Cc}/u.test(char)) word += char;
      else return null;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (BARE.test(char)) word = (word ?? '') + char;
    else return null;
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  const [name] = words;
  return name !== undefined && /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name) && !OF_BASH.has(name)
    ? words
    : null;
}
