// Makes shell lines that are likely to be misread: by grammar, and by throwing nasty pieces
// together. From a seed; every program in them is one that does not exist.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell expansions look like that.

import { RARE_CONSTRUCTS, RARE_PIECES, RARE_WORDS } from './fuzz-grammar.ts';

/** A small seeded generator of numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PIECES = [
  ...[
    'zap',
    'zip2',
    'a',
    'b',
    '-x',
    '--',
    'x=1',
    'y=',
    'z+=2',
    '1',
    '2',
    '{',
    '}',
    '(',
    ')',
    '((',
    '))',
  ],
  ...[
    ';',
    ';;',
    '&',
    '&&',
    '|',
    '||',
    '|&',
    '\n',
    ' ',
    ' ',
    ' ',
    '\t',
    '!',
    '#',
    '\\',
    '\\\\',
    '~',
    '=',
  ],
  ...[
    '"',
    "'",
    '`',
    '$',
    "$'",
    '$"',
    '$(',
    '${',
    '$((',
    '$[',
    '${x',
    '$x',
    '$1',
    '$@',
    '$*',
    '$#',
    '$-',
  ],
  ...[
    '>',
    '>>',
    '<',
    '<<',
    '<<-',
    '<<<',
    '<>',
    '>&',
    '<&',
    '>|',
    '&>',
    '&>>',
    '2>&1',
    '>&-',
    '1>',
    '2>',
    '<(',
    '>(',
  ],
  ...[
    'if',
    'then',
    'else',
    'elif',
    'fi',
    'for',
    'in',
    'do',
    'done',
    'while',
    'until',
    'case',
    'esac',
  ],
  ...[
    'function',
    'select',
    'time',
    'coproc',
    '[[',
    ']]',
    '[',
    ']',
    '*',
    '?',
    '{a,b}',
    '{1..3}',
    'x[0]=1',
  ],
  ...[
    'EOF',
    '\nEOF\n',
    "<<'EOF'\nzap a\nEOF\n",
    '<<EOF\n$(zap a)\nEOF\n',
    ':-',
    ':=',
    '/',
    '//',
    '%',
    '@Q',
  ],
  ...[
    '$(zap a)',
    '`zap b`',
    '"$(zap c)"',
    '<(zap d)',
    '>(zap e)',
    '${x:-$(zap f)}',
    '$((1+1))',
    '\\\n',
    'é',
    '\u00a0',
  ],
];

type Random = () => number;

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

function soup(random: Random): string {
  const count = 1 + Math.floor(random() * 9);
  const glue = random() < 0.5 ? ' ' : '';
  const piece = () => pick(random, random() < 0.3 ? RARE_PIECES : PIECES);
  return Array.from({ length: count }, piece).join(glue);
}

const WORDS = [
  ...[
    'a',
    'b',
    '-x',
    '--y=z',
    '"q r"',
    "'s t'",
    '\\;',
    '"$x"',
    '$x',
    '$(zap in)',
    '`zap bq`',
    '${x:-d}',
  ],
  ...[
    "$'\\x41'",
    '$"loc"',
    'a"b"c',
    "a'b'c",
    '{c,d}',
    '*',
    '?x',
    '[ab]',
    '~',
    'a=b',
    '$((2*3))',
    '""',
  ],
  ...[
    '"a\\"; zap q; \\""',
    "'a\\'",
    '"`zap dq`"',
    '"$(echo ")")"',
    '<(zap ps)',
    'x#y',
    '!',
    '{',
    '}',
    '%1',
  ],
];
const REDIRECTS = [
  '> o1',
  '2> o2',
  '&> o3',
  '>> o4',
  '< /dev/null',
  '2>&1',
  '>| o5',
  '<<< "h $(zap hs)"',
  '3> o6',
  '>&2',
  '<> o7',
];

function word(random: Random): string {
  return pick(random, random() < 0.3 ? RARE_WORDS : WORDS);
}

function simple(random: Random): string {
  const parts: string[] = [];
  if (random() < 0.15) parts.push(pick(random, ['X=1', 'Y=$(zap as)', 'Z="a b"', 'W=~', 'V+=x']));
  if (random() < 0.1) parts.push(pick(random, REDIRECTS));
  parts.push(
    pick(random, [
      'zap',
      'zip2',
      '"zap"',
      "z'a'p",
      'za\\p',
      "$'zap'",
      'echo',
      'true',
      ':',
      'builtin echo',
    ]),
  );
  for (let n = Math.floor(random() * 4); n > 0; n--) parts.push(word(random));
  if (random() < 0.25) parts.push(pick(random, REDIRECTS));
  return parts.join(pick(random, [' ', ' ', '  ', '\t']));
}

function list(random: Random, depth: number): string {
  const count = 1 + Math.floor(random() * 3);
  let line = '';
  for (let i = 0; i < count; i++) {
    const one = depth <= 0 || random() < 0.6 ? simple(random) : compound(random, depth - 1);
    const joint = pick(random, ['; ', '\n', ' && ', ' || ', ' | ', ' & ', ' |& ', ';']);
    line += i === 0 ? one : joint + one;
  }
  return line;
}

function compound(random: Random, depth: number): string {
  const inner = () => list(random, depth);
  const kinds = [
    () => `(${inner()})`,
    () => `{ ${inner()}; }`,
    () => `if ${inner()}; then ${inner()}; else ${inner()}; fi`,
    () => `for i in ${pick(random, WORDS)} ${pick(random, WORDS)}; do ${inner()}; break; done`,
    () => `while ${inner()}; do ${inner()}; break; done`,
    () => `until ${inner()}; do ${inner()}; break; done`,
    () => `case ${pick(random, WORDS)} in a) ${inner()};; *) ${inner()};; esac`,
    () => `[[ -n ${pick(random, WORDS)} ]] && ${inner()}`,
    () => `! ${inner()}`,
    () => `time ${inner()}`,
    () => `echo "$(${inner()})"`,
    () => `echo \`${inner().replaceAll('`', '')}\``,
    () => `cat_ <<EOF\n${inner()}\n$(${inner()})\nEOF\n`,
    () => `cat_ <<'EOF'\n${inner()}\nEOF\n`,
    () => `cat_ <<-EOF\n\t${inner()}\n\tEOF\n`,
    () => `(${inner()}) > o8`,
    () => `zap <(${inner()}) >(${inner()})`,
    () => `eval '${inner().replaceAll("'", '')}'`,
  ];
  // They hold several lists each: short ones keep a run short.
  const short = () => (random() < 0.7 ? simple(random) : inner());
  if (random() < 0.4) return pick(random, RARE_CONSTRUCTS)(short, () => word(random));
  return pick(random, kinds)();
}

/** Inserts, removes, doubles or swaps a piece at random. */
function mutate(random: Random, line: string): string {
  const at = Math.floor(random() * (line.length + 1));
  const roll = random();
  if (roll < 0.4)
    return line.slice(0, at) + pick(random, random() < 0.3 ? RARE_PIECES : PIECES) + line.slice(at);
  if (roll < 0.7) return line.slice(0, at) + line.slice(at + 1);
  return line.slice(0, at) + line.slice(Math.max(0, at - 3), at) + line.slice(at);
}

/** One line. */
export function makeLine(random: Random): string {
  const roll = random();
  if (roll < 0.35) return soup(random);
  let line = list(random, 2);
  if (roll < 0.7)
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) line = mutate(random, line);
  return line;
}
