// What a program runs of what it is given: text, files, standard input. And what it passes on.
import type { Word } from './shell-text.ts';
import { ANSWERED, CONNECTED, DECODED, NONE, SECRET, type Taint } from './taint.ts';
import { checkCode, codeOf, isInterpreter } from './threat-code.ts';
import { checkAssignments } from './threat-environment.ts';
import { checkFileRun, noteFiles } from './threat-fetched-files.ts';
import { checkChanged, checkRead } from './threat-files.ts';
import { textOf, writtenTaint } from './threat-flows.ts';
import { checkNetwork, isShell } from './threat-network.ts';
import { POWERSHELLS, programName } from './threat-programs.ts';
import { type Invocation, type Reading, tellExecution } from './threat-reading.ts';

const DECLARES = new Set(['export', 'declare', 'typeset', 'readonly', 'local', 'set']);
const ENCODED_COMMAND = /^[-/]e(?:c|nc|nco|ncod|ncode|ncoded\w*)?$/i;
const SHELL_TEXT = /^[-+][a-zA-Z]*c$/;
const SHELL_VALUED = /^(?:[-+][a-zA-Z]*[oO]|--rcfile|--init-file)$/;
const STDIN_FILES = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** Looks at what one program does; answers what flows out of it. */
export function runProgram(invocation: Invocation, reading: Reading): Taint {
  const { name, args, input } = invocation;
  if (isShell(name)) return runShell(invocation, reading);
  if (POWERSHELLS.has(name)) return runPowershell(invocation, reading);
  const isCode = isInterpreter(name);
  if (isCode) runInterpreter(invocation, reading);
  let output = input;
  for (const word of args) output |= reading.taintOf(word);
  switch (name) {
    case 'eval':
      return output | runEval(invocation, reading);
    case 'source':
    case '.':
      runFile(args[0], invocation, reading);
      return output;
    case 'iex':
    case 'invoke-expression':
      tellExecution(output, invocation.nameWord, reading);
      checkCode(`iex ${textOf(args)}`, invocation.nameWord, reading);
      return output;
    case 'su':
    case 'runuser':
    case 'script':
      runOption(invocation, /^(?:-[a-z]*c|--command)$/, reading);
      return output;
    case 'ssh':
      return output | checkNetwork(invocation, reading) | runRemote(invocation, reading);
    case 'find':
      runFound(invocation, reading);
      break;
    case 'awk':
    case 'gawk':
    case 'mawk':
    case 'nawk':
      for (const word of args) checkCode(word.text, word, reading);
      break;
    case 'ztcp':
      tellExecution(CONNECTED, invocation.nameWord, reading);
      break;
    case 'docker':
    case 'podman':
    case 'kubectl':
    case 'at':
    case 'batch':
      runWithin(invocation, reading);
      break;
    case 'git':
      checkTransport(args, reading);
      break;
    default:
      if (DECLARES.has(name)) checkAssignments(args, reading.findings);
  }
  checkFileRun(invocation.nameWord, reading);
  checkChanged(invocation, reading);
  output |= checkRead(invocation, reading) | checkNetwork(invocation, reading);
  output |= writtenTaint(invocation);
  noteFiles(invocation, output, reading);
  return output;
}

function runShell(invocation: Invocation, reading: Reading): Taint {
  const { args, nameWord, input, redirects, isUnderXargs } = invocation;
  let at = 0;
  for (; at < args.length; at += 1) {
    const text = args[at]?.text ?? '';
    if (SHELL_TEXT.test(text)) {
      const code = args[at + 1];
      if (isUnderXargs) tellExecution(input & ~CONNECTED, nameWord, reading);
      if (code === undefined) return NONE;
      tellExecution(reading.taintOf(code) | (code.isSpelled ? DECODED : NONE), code, reading);
      return reading.runText(code.text, inside(code), input);
    }
    if (text === '--' || text === '-s') {
      at += 1;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    if (SHELL_VALUED.test(text)) at += 1;
  }
  const file = args[at - 1]?.text === '-s' ? undefined : args[at];
  if (file !== undefined && !STDIN_FILES.has(file.text)) {
    runFile(file, invocation, reading);
    return input & SECRET;
  }
  tellExecution(input, nameWord, reading);
  checkJoined(invocation, reading);
  for (const { operator, body, target } of redirects) {
    if (body !== null) reading.runText(body, target.at, NONE);
    else if (operator === '<<<') reading.runText(target.text, inside(target), NONE);
    else if (operator === '<') checkFileRun(target, reading);
  }
  return ANSWERED;
}

function inside({ at, isPlain }: Word): number {
  return isPlain ? at : at + 1;
}

// `bash -l > /dev/tcp/... 0<&1`
function checkJoined({ nameWord, redirects }: Invocation, { findings }: Reading): void {
  if (redirects.some(({ target }) => /^\/dev\/(?:tcp|udp)\//.test(target.text))) {
    const length = nameWord.end - nameWord.at;
    findings.add(
      'reverse-shell',
      'block',
      nameWord.at,
      length,
      'a shell joined to a network connection',
    );
  }
}

/** A file that is run: fetched, substituted, or standard input under another name. */
function runFile(file: Word | undefined, { input, nameWord }: Invocation, reading: Reading): void {
  if (file === undefined) return;
  tellExecution(reading.taintOf(file), file, reading);
  if (STDIN_FILES.has(file.text)) tellExecution(input, nameWord, reading);
  else checkFileRun(file, reading);
}

function runPowershell({ args, nameWord, input }: Invocation, reading: Reading): Taint {
  if (args.some(({ text }) => ENCODED_COMMAND.test(text)))
    tellExecution(DECODED, nameWord, reading);
  checkCode(textOf(args), nameWord, reading);
  if (args.every(({ text }) => text.startsWith('-'))) tellExecution(input, nameWord, reading);
  return NONE;
}

function runInterpreter(invocation: Invocation, reading: Reading): void {
  const { name, args, nameWord, input } = invocation;
  const code = codeOf(name, args);
  if (code !== null) {
    tellExecution(reading.taintOf(code), code, reading);
    checkCode(code.text, code, reading);
    if (
      /\b(?:exec|eval)\b/.test(code.text) &&
      /stdin|input\(|ARGF|gets|<>|STDIN|php:\/\/input/.test(code.text)
    ) {
      tellExecution(input, nameWord, reading);
    }
    return;
  }
  if (args.some(({ text }) => /^-[a-zA-Z]*m$/.test(text) || text === '--version' || text === '-V'))
    return;
  const file = args.find(({ text }) => !/^-./.test(text));
  if (file === undefined || STDIN_FILES.has(file.text)) {
    tellExecution(input, nameWord, reading);
    for (const { body, operator, target } of invocation.redirects) {
      if (body !== null || operator === '<<<') checkCode(body ?? target.text, target, reading);
    }
  } else runFile(file, invocation, reading);
}

function runEval({ args, input, nameWord }: Invocation, reading: Reading): Taint {
  let taint = NONE;
  for (const word of args) taint |= reading.taintOf(word) | (word.isSpelled ? DECODED : NONE);
  // In a loop that reads, what is read flows into the variable that is evaluated.
  if (args.some(({ text }) => text.includes('$'))) taint |= input;
  tellExecution(taint, nameWord, reading);
  return reading.runText(textOf(args), args[0]?.at ?? 0, input);
}

function runOption({ args, input }: Invocation, option: RegExp, reading: Reading): void {
  const at = args.findIndex(({ text }) => option.test(text));
  const code = at === -1 ? undefined : args[at + 1];
  if (code !== undefined) reading.runText(code.text, inside(code), input);
}

// What runs elsewhere is text here: the words after the host, with what flows in.
function runRemote({ args, input }: Invocation, reading: Reading): Taint {
  const host = args.findIndex(
    ({ text }, at) =>
      !text.startsWith('-') && !/^-[bcDEeFIiJLlmOopQRSWw]$/.test(args[at - 1]?.text ?? ''),
  );
  const rest = host === -1 ? [] : args.slice(host + 1);
  const first = rest[0];
  if (first === undefined) return NONE;
  return reading.runText(textOf(rest), inside(first), input);
}

const WITHIN = new Set(['exec', 'run', 'sh']);

// `docker exec -i box sh`: the shell within reads what flows in; `at now` as well.
function runWithin({ name, args, nameWord, input }: Invocation, reading: Reading): void {
  if (name === 'at' || name === 'batch') {
    tellExecution(input, nameWord, reading);
    return;
  }
  if (!args.some(({ text }) => WITHIN.has(text))) return;
  const at = args.findIndex(({ text }, index) => index > 0 && isShell(programName(text)));
  if (at !== -1) reading.runText(quoted(args.slice(at)), args[at]?.at ?? 0, input);
}

function quoted(words: readonly Word[]): string {
  return words.map(({ text }) => `'${text.replaceAll("'", "'\\''")}'`).join(' ');
}

function runFound({ args }: Invocation, reading: Reading): void {
  const at = args.findIndex(({ text }) => /^-(?:exec|execdir|ok|okdir)$/.test(text));
  const first = args[at + 1];
  if (at === -1 || first === undefined) return;
  const end = args.findIndex(({ text }, index) => index > at && (text === ';' || text === '+'));
  reading.runText(quoted(args.slice(at + 1, end === -1 ? undefined : end)), first.at, NONE);
}

function checkTransport(args: readonly Word[], { findings }: Reading): void {
  for (const { text, at, end } of args) {
    if (text.startsWith('ext::'))
      findings.add('obfuscation', 'warn', at, end - at, 'a git transport that runs a command');
  }
}
