// How single lines are read where a parser alone would be wrong or too strict: each was found by
// running generated lines under bash, or by comparing with `bash -n`.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell expansions look like that.
import { expect, test } from 'vitest';
import { readLine } from '../../src/policies/read-line.ts';

test.each([
  ['a ( behind a command, which bash does not read', 'ls ('],
  ['words behind such a (', 'ls (rm x'],
  ['a ! before nothing', '! & ls'],
  ['a substitution in braces', 'echo ${ ls; }'],
  ['a time before an operator', 'time && ls'],
  ['an extended glob within braces', 'ls {a,!(b)c}'],
  ['a variable that bash gives to the next redirection', 'ls > {fd}<o'],
  ['a number that bash gives to the next redirection', '2> 2> o'],
  ['a line that begins with an operator, behind a heredoc', 'cat <<E\nE\n; ls'],
  ['a heredoc within ((, which bash loses', '((cat <<E\nrm\nE\n); ls)'],
  ['a target of >& that bash takes quotes off twice', ">&'a\\' ls"],
  ['a heredoc before further commands of a substitution', 'echo $(cat <<E\nx\nE\nls; pwd)'],
])('%s fails', (_name, line) => {
  expect(readLine(line).failure).not.toBeNull();
});

test.each([
  ['a lone heredoc of a substitution', 'echo "$(cat <<\'E\'\nx; rm\nE\n)"'],
  ['blanks in an operand', 'echo "${x:-a b}" ${x/a b/c d}'],
  ['slices by numbers', 'echo ${x:0:3} "${x: -1}"'],
  ['a $ that nothing follows', 'grep "a$" b$ "c$|d" "$ e"'],
  ['a plain regular expression', '[[ $x =~ ^(a|b)+$ ]]'],
  ['numbers that are compared', '[[ $? -eq 0 && $# -gt 1 ]] && echo $(($# + 1))'],
  ['backquotes within backquotes', 'echo `echo \\`ls "a b"\\`` "`echo \\"a\\"`"'],
  ['emoji, joined letters and keycaps', 'echo 👩‍💻 ❤️ می‌خواهم 1️⃣'],
])('%s is read', (_name, line) => {
  const { failure, hazards } = readLine(line);
  expect([failure, hazards]).toEqual([null, []]);
});

test.each([
  ['an override of direction', 'echo \u202eabc'],
  ['a blank without width', 'echo a\u200bb'],
  ['a joiner between plain letters', 'echo a\u200db'],
  ['a selector behind a plain letter', 'ls \ufe0f'],
  ['a letter that is blank', 'echo \u3164'],
  ['a tag', 'echo \u{e0041}'],
])('%s is never allowed', (_name, line) => {
  expect(readLine(line).hazards).toHaveLength(1);
});
