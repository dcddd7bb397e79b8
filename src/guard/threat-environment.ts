// Variables that make another program load, run or find something else.
import type { Findings } from './finding.ts';
import type { Word } from './shell-text.ts';

/** Always strange on a command line. */
const LOADERS = new Set([
  ...['LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES', 'BASH_ENV', 'PROMPT_COMMAND', 'SHELLOPTS'],
  ...[
    'GIT_EXTERNAL_DIFF',
    'GIT_PROXY_COMMAND',
    'GIT_EXEC_PATH',
    'GIT_TEMPLATE_DIR',
    'LESSOPEN',
    'LESSCLOSE',
  ],
  ...[
    'PERL5DB',
    'PYTHONSTARTUP',
    'PYTHONHOME',
    'GCONV_PATH',
    'GLIBC_TUNABLES',
    'SUDO_ASKPASS',
    'SSH_ASKPASS',
  ],
]);
/** Lists of folders that code is found in. */
const SEARCHED = new Set([
  ...[
    'PATH',
    'LD_LIBRARY_PATH',
    'DYLD_LIBRARY_PATH',
    'PYTHONPATH',
    'PERL5LIB',
    'NODE_PATH',
    'RUBYLIB',
  ],
  ...['CLASSPATH', 'GEM_PATH', 'GOPATH', 'MANPATH', 'CDPATH', 'LUA_PATH', 'LUA_CPATH'],
]);
/** Options for programs, by what makes them load code. */
const OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ['NODE_OPTIONS', /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader)/],
  ['PERL5OPT', /-[mMI]/],
  ['RUBYOPT', /-[rI]/],
  ['JAVA_TOOL_OPTIONS', /-(?:javaagent|agentpath|agentlib)/],
  ['_JAVA_OPTIONS', /-(?:javaagent|agentpath|agentlib)/],
  ['JDK_JAVA_OPTIONS', /-(?:javaagent|agentpath|agentlib)/],
]);
/** Programs that others start. */
const PROGRAMS = new Set([
  ...[
    'EDITOR',
    'VISUAL',
    'PAGER',
    'MANPAGER',
    'GIT_PAGER',
    'GIT_EDITOR',
    'GIT_SEQUENCE_EDITOR',
    'BROWSER',
  ],
  ...['SYSTEMD_PAGER', 'GIT_SSH', 'GIT_ASKPASS', 'FCEDIT', 'SYSTEMD_EDITOR', 'KUBE_EDITOR'],
]);
const ANYBODY_WRITES = /(?:^|:)(?:\/tmp|\/var\/tmp|\/dev\/shm)(?:\/|:|$)/;
const HERE = /(?:^|:)\.?(?:\/?:|\/?$)/;
const SHELL_SIGNS = /[;|&`]|\$\(/;

/** Looks at assignments before a command, given to `env`, or on their own. */
export function checkAssignments(words: readonly Word[], findings: Findings): void {
  for (const word of words) {
    const equals = word.text.indexOf('=');
    if (equals < 1) continue;
    const name = word.text.slice(0, equals).replace(/\+$/, '');
    const why = hijack(name, word.text.slice(equals + 1));
    if (why !== null) {
      findings.add('environment', 'warn', word.at, word.end - word.at, `${name} ${why}`);
    }
  }
}

function hijack(name: string, value: string): string | null {
  if (LOADERS.has(name)) return value === '' ? null : 'makes programs load or run something else';
  if (SEARCHED.has(name)) {
    if (ANYBODY_WRITES.test(value)) return 'looks for code where anybody may write';
    return name === 'PATH' && value !== '' && HERE.test(value)
      ? 'looks for programs in the folder at hand'
      : null;
  }
  if (OPTIONS.get(name)?.test(value) === true) return 'makes programs load other code';
  if (PROGRAMS.has(name)) {
    return SHELL_SIGNS.test(value) || ANYBODY_WRITES.test(value)
      ? 'names a program for others to run'
      : null;
  }
  if (name === 'GIT_SSH_COMMAND') {
    const isSsh =
      /^\s*(?:\S*\/)?ssh(?:\s|$)/.test(value) && !/ProxyCommand|LocalCommand/i.test(value);
    return isSsh && !SHELL_SIGNS.test(value) ? null : 'names a program for others to run';
  }
  return name === 'PS4' && SHELL_SIGNS.test(value) ? 'runs a command at every step' : null;
}
