// Lines that somebody could send to make judging slow, wrong or impossible: each with a name. None
// of them may ever be allowed.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell expansions look like that.

function filled(piece: string, characters = 64 * 1024): string {
  return piece.repeat(Math.floor(characters / piece.length));
}

/** Lines too long to be read, and what no text may hold. */
const UNREADABLE: readonly (readonly [string, string])[] = [
  ['10 MB of one word', `echo ${'a'.repeat(10_000_000)}`],
  ['10 MB of commands', 'ls;'.repeat(3_400_000)],
  ['just over the cap', `echo ${'a'.repeat(64 * 1024)}`],
  ['NUL', 'ls \0'],
  ['64 KiB of NUL', '\0'.repeat(65_000)],
  ['a byte order mark', '\ufeffls'],
  ['a lone surrogate', 'ls \ud800'],
  ['64 KiB of lone surrogates', '\udc00'.repeat(20_000)],
  ['a carriage return', 'rm x\rls'],
  ['an escape', 'ls \u001b[2K'],
  ['NEL', 'ls \u0085rm x'],
  ['a line separator', 'ls \u2028rm x'],
  ['a continued line', 'l\\\ns'],
  ['a trailing backslash', 'ls \\'],
  ['nothing', ''],
  ['blanks', ' \t\n'],
  ['64 KiB of blanks', ' '.repeat(65_000)],
];

const NESTED: readonly (readonly [string, string])[] = [
  ['10,000 parentheses', `${'('.repeat(10_000)}ls${')'.repeat(10_000)}`],
  ['10,000 open parentheses', '('.repeat(10_000)],
  ['10,000 substitutions', '$('.repeat(10_000)],
  ['10,000 closed substitutions', `${'$('.repeat(10_000)}ls${')'.repeat(10_000)}`],
  ['10,000 quoted substitutions', `${'"$('.repeat(10_000)}ls${')"'.repeat(10_000)}`],
  ['10,000 backticks', '`'.repeat(10_001)],
  ['10,000 braces', `echo ${'{a,'.repeat(10_000)}`],
  ['10,000 closed braces', `echo ${'{a,'.repeat(10_000)}b${'}'.repeat(10_000)}`],
  ['10,000 blocks', `${'{ '.repeat(10_000)}ls${'; }'.repeat(10_000)}`],
  ['10,000 expansions', `echo ${'${x:-'.repeat(10_000)}`],
  ['10,000 arithmetics', `echo ${'$(('.repeat(10_000)}`],
  ['10,000 quotes', `echo ${'"$(echo '.repeat(8000)}`],
  ['10,000 double quotes', `echo ${'"'.repeat(10_001)}`],
  ['10,000 heredocs', 'cat <<A '.repeat(8000)],
  ['90 heredocs of one end', `${'cat <<A\n'.repeat(90)}${'x\n'.repeat(30_000)}A\n`],
  ['10,000 ifs', 'if true; then '.repeat(4000)],
  [
    '90 nested substitutions of a long line',
    `${'$('.repeat(90)}${'a '.repeat(30_000)}${')'.repeat(90)}`,
  ],
  ['10,000 process substitutions', 'cat <('.repeat(10_000)],
  ['10,000 array assignments', 'x=('.repeat(10_000)],
  ['10,000 case arms', `case x in ${'a) ls;; '.repeat(8000)}esac`],
];

const WRAPPED: readonly (readonly [string, string])[] = [
  ['10,000 wrappers', `${'nice '.repeat(10_000)}ls`],
  ['1,000 nested shells', `${'bash -c '.repeat(1000)}ls`],
  ['8 shells in quotes', nestedShells(8)],
  ['64 KiB of ssh', filled('ssh ')],
  ['64 KiB of carriers with scripts', filled("watch 'rm -r x' ")],
  ['commands of carriers with scripts', filled("watch 'rm -r x' 'rm -r y';")],
  ['commands of carriers', filled(`ssh ${'h '.repeat(60)};`)],
  ['commands of xargs', filled('xargs rm;')],
  ['64 KiB of find -exec', `find . ${filled('-exec rm {} + ', 65_000)}`],
  ['64 KiB of env assignments', `env ${filled('A=b ', 65_000)} ls`],
  ['a long eval', `eval ${filled('ls ;', 65_000)}`],
  ['a quoted eval', `eval '${filled('ls;', 65_000)}'`],
  ['commands of eval', filled("eval 'ls;ls;ls';")],
  ['scripts in scripts', filled(`bash -c "bash -c 'rm x; rm y'";`)],
  ['carriers in carriers', filled('watch '.repeat(60))],
  ['carriers with long scripts', `watch ${filled("'ls; ls' ", 65_000)}`],
];

function nestedShells(depth: number): string {
  let line = 'ls';
  for (let i = 0; i < depth; i += 1) line = `bash -c "${line.replace(/[\\"]/g, '\\$&')}"`;
  return line;
}

const LONG: readonly (readonly [string, string])[] = [
  ['20,000 commands', 'ls;'.repeat(20_000)],
  ['1,000 commands', filled(`rm -r ${'x'.repeat(50)};`)],
  ['64 KiB of semicolons', ';'.repeat(65_000)],
  ['64 KiB of pipes', filled('ls|')],
  ['64 KiB of ampersands', filled('ls&')],
  ['64 KiB of new lines', filled('ls\n')],
  ['64 KiB of assignments', filled('a=b ')],
  ['64 KiB of assignments before a command', `${filled('a=b ', 65_000)}ls`],
  ['64 KiB of redirections', `ls ${filled('>a ', 65_000)}`],
  ['64 KiB of redirections to what is not known', `ls ${filled('>$a ', 65_000)}`],
  ['64 KiB of stars', `rm ${'*'.repeat(65_000)}`],
  ['64 KiB of single stars', `rm ${filled('* ', 65_000)}`],
  ['64 KiB of a', `rm ${'a'.repeat(65_000)}`],
  ['64 KiB of slashes', `rm ${'/'.repeat(65_000)}`],
  ['64 KiB of dots', `rm ${filled('../', 65_000)}`],
  ['64 KiB of segments', `cat ${filled('a/', 65_000)}`],
  ['64 KiB of short words', `git push ${filled('a ', 65_000)}`],
  ['64 KiB of options', `git push ${filled('-a ', 65_000)}`],
  ['64 KiB of long options', `git push ${filled('--force ', 65_000)}`],
  ['one long cluster', `rm -${'v'.repeat(65_000)}`],
  ['64 KiB of unknown words', `git push ${filled('$a ', 65_000)}`],
  ['64 KiB of quoted unknown words', `kubectl ${filled('"$a" ', 65_000)}`],
  ['commands with unknown words', filled('git push $a;')],
  ['commands of an unknown name', filled('$a b;')],
  ['64 KiB of quotes', `echo ${filled("'' ", 65_000)}`],
  ['64 KiB of quoted letters', `echo ${filled("'a'", 65_000)}`],
  ['64 KiB of opening brackets', `echo ${'['.repeat(65_000)}`],
  ['64 KiB of backslashes', `echo ${'\\\\'.repeat(32_000)}`],
  ['64 KiB of dollars', `echo ${'$'.repeat(65_000)}`],
  ['64 KiB of variables', `echo ${filled('$a', 65_000)}`],
  ['64 KiB of tildes', `rm ${filled('~ ', 65_000)}`],
  ['64 KiB of cd', filled('cd a;')],
  ['64 KiB of comments', `ls ${filled('#a\n', 65_000)}`],
  ['64 KiB of here-strings', filled('cat <<<a;')],
  ['64 KiB of astral characters', `echo ${'\u{1f600}'.repeat(16_000)}`],
  ['90 braces and a long word', `echo ${'{a,'.repeat(90)}${'x'.repeat(60_000)}`],
  ['90 closed braces', `echo ${'{a,b}'.repeat(100)}${'x'.repeat(60_000)}`],
  ['extended globs', `echo ${filled('@(a) ', 65_000)}`],
  ['tests', filled('[[ a == b ]];')],
  ['functions', filled('f() { ls; };')],
];

/** A name and a line. */
export const HOSTILE_LINES: readonly (readonly [string, string])[] = [
  ...UNREADABLE,
  ...NESTED,
  ...WRAPPED,
  ...LONG,
];
