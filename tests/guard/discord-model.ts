// What a Discord client makes of a message, as strictly as any of them: rules by observation of the
// desktop client (a set of rules over simple-markdown, first match wins at each place) and of the
// mobile ones, which use other patterns for the same. What is not text, bold, code, fence or quote
// is `live`. Sources: discord.com/developers/docs/reference#message-formatting (mentions, times,
// commands, emoji), support.discord.com "Markdown Text 101", github.com/discord/SimpleAST,
// github.com/khan/simple-markdown (escapes: any sign after a backslash but letters and digits).
import { merged, type Run } from './intended.ts';

type Rule = readonly [name: string, pattern: RegExp, where: 'anywhere' | 'line'];

const ESCAPE = /^\\([^0-9A-Za-z\s])/;
const FENCE = /^```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```/i;
// Android and iOS: blanks before the first line's end belong to the fence.
const MOBILE_FENCE = /^```(?:([\w+\-.]+?)?(\s*\n))?([^\n][\s\S]*?)\n*```/;
const CODE = /^(`+)([\s\S]*?[^`])\1(?!`)/;
const BOLD = /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/;
const QUOTE = /^( *>>> ?[\s\S]*|(?: *> ?[^\n]*(?:\n|$))+)/;
const LIVE: readonly Rule[] = [
  ['heading', /^ *#{1,3} +\S/, 'line'],
  ['subtext', /^ *-# +\S/, 'line'],
  ['list', /^ *(?:[-*]|\d+\.) +\S/, 'line'],
  ['mention', /^@(?:everyone|here|silent|time)|^<[@#/:a-z0-9!&+][^>\n]*>/i, 'anywhere'],
  ['link', /^\[[^\]]*\]\([^)]*\)/, 'anywhere'],
  ['url', /^(?:https?|steam|discord):\/\/\S/i, 'anywhere'],
  ['invite', /^discord(?:app)?\.(?:gg|com)\/\S/i, 'anywhere'],
  ['emoji', /^:[^\s:]+:/, 'anywhere'],
  ['shrug', /^¯\\_\(ツ\)_\/¯/, 'anywhere'],
  ['italic', /^\*(?=\S)[\s\S]*?\*|^_[\s\S]+?_/, 'anywhere'],
  ['strike', /^~~[\s\S]+?~~/, 'anywhere'],
  ['spoiler', /^\|\|[\s\S]+?\|\|/, 'anywhere'],
];

/** The message as runs of text. */
export function discordRuns(source: string): Run[] {
  return merged(runs(source, 'text', true));
}

function runs(source: string, kind: 'text' | 'bold' | 'quote', quotable: boolean): Run[] {
  const out: Run[] = [];
  let rest = source;
  while (rest !== '') {
    const lineStart = /(?:^|\n *)$/.test(source.slice(0, source.length - rest.length));
    const [taken, found] = first(rest, kind, lineStart, quotable);
    out.push(...found);
    rest = rest.slice(taken);
  }
  return out;
}

function first(
  rest: string,
  kind: 'text' | 'bold' | 'quote',
  lineStart: boolean,
  quotable: boolean,
): [number, Run[]] {
  const escaped = ESCAPE.exec(rest);
  if (escaped !== null) return [2, [{ kind, text: escaped[1] ?? '' }]];
  const quote = lineStart && quotable ? QUOTE.exec(rest) : null;
  if (quote !== null) {
    const inner = quote[0].replace(/\n$/, '').replaceAll(/^ *> ?/gm, '');
    const ended: Run[] = quote[0].endsWith('\n') ? [{ kind: 'text', text: '\n' }] : [];
    return [quote[0].length, [...runs(inner, 'quote', false), ...ended]];
  }
  const fence = FENCE.exec(rest);
  if (fence !== null) {
    const mobile = MOBILE_FENCE.exec(rest);
    const agreed = fence[1] === undefined && mobile?.[0] === fence[0] && mobile[3] === fence[2];
    return [fence[0].length, [{ kind: agreed ? 'fence' : 'live', text: fence[2] ?? '' }]];
  }
  const code = CODE.exec(rest);
  if (code !== null) return [code[0].length, [{ kind: 'code', text: code[2] ?? '' }]];
  const bold = kind === 'bold' ? null : BOLD.exec(rest);
  if (bold !== null) return [bold[0].length, runs(bold[1] ?? '', 'bold', false)];
  for (const [, pattern, where] of LIVE) {
    const found = where === 'line' && !lineStart ? null : pattern.exec(rest);
    if (found !== null) return [found[0].length, [{ kind: 'live', text: found[0] }]];
  }
  const char = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return [char.length, [{ kind, text: char }]];
}
