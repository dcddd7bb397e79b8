// `node --import tsx scripts/guard-survey.mjs [--show KIND] PATH...`: takes the commands out of
// what others wrote (manual pages, shell scripts, READMEs, completions), inspects each, and lists
// what share the guard flags, by finding. Reads only; runs nothing of what it finds.
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { inspect } from '../src/guard/inspect.ts';
import { main, SetupError } from './setup.mjs';

const LARGEST_FILE_BYTES = 4 * 1024 * 1024;
const LONGEST_COMMAND = 4000;
const FENCE = /^\s*(?:```|~~~)\s*(?:sh|bash|shell|console|zsh|shell-session|terminal)\b/;
const PROMPT = /^\s*(?:[\w.@~:/-]{0,40})?[$#%]\s+(?=\S)/;
const KEYWORD =
  /^(?:fi|done|esac|else|then|do|in|;;|\{|\}|\)|\(|[\w*|"'.?[\]-]+\)|\w+\s?\(\)\s*\{?)$/;

/** The commands in a manual page: lines of its examples, with roff's own escapes taken out. */
export function manualCommands(text) {
  const commands = [];
  let isExample = false;
  let isFilled = true;
  for (const line of text.split('\n')) {
    const section = /^\.S[HS]\s+"?([^"]*)/.exec(line)?.[1];
    if (section !== undefined) isExample = /EXAMPLE|USAGE|SYNTAX/i.test(section);
    if (/^\.(?:nf|EX|Vb|DS|Bd -literal)/.test(line)) isFilled = false;
    else if (/^\.(?:fi|EE|Ve|DE|Ed)/.test(line)) isFilled = true;
    else if (!isFilled && !line.startsWith('.')) {
      const plain = withoutRoff(line);
      const isPrompted = PROMPT.test(plain);
      if (isPrompted || (isExample && /^\s*[a-z][\w.-]*\s+\S/.test(plain))) {
        commands.push(plain.replace(PROMPT, ''));
      }
    }
  }
  return commands;
}

function withoutRoff(line) {
  return line
    .replaceAll(/\\f(?:\[[^\]]*\]|\(..|.)/g, '')
    .replaceAll(/\\s[-+]?\d/g, '')
    .replaceAll(/\\\*?\((?:aq|cq|oq|Aq)/g, "'")
    .replaceAll(/\\\((?:dq|lq|rq)/g, '"')
    .replaceAll(/\\\(ha|\\\[ha\]/g, '^')
    .replaceAll(/\\\(ti|\\\[ti\]/g, '~')
    .replaceAll(/\\\((?:en|em|mi|hy)/g, '-')
    .replaceAll(/\\\[aq\]/g, "'")
    .replaceAll(/\\[&|^/,]/g, '')
    .replaceAll(/\\-/g, '-')
    .replaceAll(/\\[~ 0]/g, ' ')
    .replaceAll(/\\(?:e|\(rs|\[rs\])/g, '\\');
}

/** The commands in fenced blocks of Markdown, prompts taken off and answers left out. */
export function markdownCommands(text) {
  const commands = [];
  let block = null;
  for (const line of text.split('\n')) {
    if (block === null) block = FENCE.test(line) ? [] : null;
    else if (/^\s*(?:```|~~~)/.test(line)) {
      const prompted = block.filter((each) => PROMPT.test(each));
      const lines = prompted.length > 0 ? prompted.map((each) => each.replace(PROMPT, '')) : block;
      commands.push(...scriptCommands(lines.join('\n')));
      block = null;
    } else block.push(line);
  }
  return commands;
}

/** The logical lines of a shell script: continued ones joined, comments and bare keywords left out. */
export function scriptCommands(text) {
  return text
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !line.startsWith('#') && !KEYWORD.test(line) && line.includes(' '),
    );
}

function commandsIn(path) {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size > LARGEST_FILE_BYTES || stat.size === 0) return [];
  const name = path.replace(/\.gz$/, '');
  const isManual = /\/man\d?[a-z]*\/[^/]+\.\d\w*$/.test(name);
  const isMarkdown = /\.(?:md|markdown)$/i.test(name);
  const isScript = /\.(?:sh|bash)$/.test(name) || /bash-completion|completions\//.test(name);
  if (!isManual && !isMarkdown && !isScript && !isShebang(path)) return [];
  const bytes = readFileSync(path);
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(
      path.endsWith('.gz') ? gunzipSync(bytes) : bytes,
    );
  } catch {
    return [];
  }
  if (isManual) return manualCommands(text);
  return isMarkdown ? markdownCommands(text) : scriptCommands(text);
}

function isShebang(path) {
  if (!['', '.postinst', '.preinst', '.prerm', '.postrm', '.config'].includes(extname(path)))
    return false;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(64);
    readSync(file, head, 0, 64, 0);
    return /^#!\s?\/(?:usr\/)?bin\/(?:env )?(?:ba|da|z|k)?sh\b/.test(head.toString('latin1'));
  } finally {
    closeSync(file);
  }
}

function* filesUnder(path) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new SetupError(`There is no ${path}.`);
  if (!stat.isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) {
    const inner = join(path, name);
    const { isLink, isFolder } = kindOf(inner);
    if (isLink) continue;
    if (isFolder) yield* filesUnder(inner);
    else yield inner;
  }
}

function kindOf(path) {
  const stat = lstatSync(path);
  return { isLink: stat.isSymbolicLink(), isFolder: stat.isDirectory() };
}

function survey(paths, shown) {
  const commands = new Map();
  for (const path of paths) {
    for (const file of filesUnder(path)) {
      for (const command of commandsIn(file)) {
        if (command.length <= LONGEST_COMMAND && !commands.has(command))
          commands.set(command, file);
      }
    }
  }
  const counts = { block: 0, warn: 0, clean: 0 };
  const kinds = new Map();
  for (const [command, file] of commands) {
    const { verdict, findings } = inspect(command, 'command');
    counts[verdict] += 1;
    const found = new Set(
      findings
        .filter(({ severity }) => severity !== 'note')
        .map(({ kind, severity }) => `${severity} ${kind}`),
    );
    for (const each of found) kinds.set(each, (kinds.get(each) ?? 0) + 1);
    if (shown !== null && [...found].some((each) => shown === 'all' || each.includes(shown))) {
      const reasons = findings
        .filter(({ severity }) => severity !== 'note')
        .map(({ kind, reason }) => `${kind}: ${reason}`);
      console.log(JSON.stringify({ command, file, reasons }));
    }
  }
  return { total: commands.size, counts, kinds };
}

if (process.argv[1] === import.meta.filename) {
  await main(() => {
    const args = process.argv.slice(2);
    const shown = args[0] === '--show' ? (args.splice(0, 2)[1] ?? null) : null;
    if (args.length === 0)
      throw new SetupError('Say which paths: /usr/share/man /usr/share/doc ...');
    const { total, counts, kinds } = survey(args, shown);
    const share = (count) => `${count} (${((100 * count) / total).toFixed(2)} %)`;
    console.error(
      `${total} different commands: ${share(counts.block)} blocked, ${share(counts.warn)} warned.`,
    );
    for (const [kind, count] of [...kinds].sort(([, a], [, b]) => b - a))
      console.error(`  ${kind}: ${count}`);
  });
}
