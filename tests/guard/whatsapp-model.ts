// What WhatsApp makes of a message, as far as it is documented (faq.whatsapp.com/539178204879377:
// bold, italic, strikethrough, monospace, lists, quotes, inline code) and as bridges to it found:
// three backticks first, over lines; then lists and quotes by line; then single signs at the edges
// of words. Links and numbers outside of code as on every phone. What is neither text, bold nor
// fence is `live`.
import { liveParts } from './autolink-model.ts';
import { merged, type Run } from './intended.ts';

const LINE = /^ *(?:[-*] |\d{1,3}[.)] |>)/;
const STYLES: readonly RegExp[] = [
  /(?:^|[^a-zA-Z\d])_(\S|\S.*?\S)_(?![a-zA-Z\d])/,
  /(?:^|[^a-zA-Z\d])~(\S|\S.*?\S)~(?![a-zA-Z\d])/,
  /(?:^|[^a-zA-Z\d])`(.+?)`(?![a-zA-Z\d])/,
];
const BOLD = /(?<=^|[\s>_~])\*([^*\s]|[^*\s][^*\n]*[^*\s])\*(?![a-zA-Z\d])/g;

/** The message as runs of text. */
export function whatsAppRuns(source: string): Run[] {
  const out: Run[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('```', at);
    const close = open < 0 ? -1 : source.indexOf('```', open + 3);
    if (close < 0) break;
    out.push(...plain(source.slice(at, open), at === 0 || source[at - 1] === '\n'));
    const text = source.slice(open + 3, close);
    // Beside a blank or a backtick not every client opens or closes a fence.
    const solid = /^[^\s`]/.test(text) && /[^\s`]$/.test(text);
    const apart =
      /^$|[\s(]$/.test(source.slice(0, open)) && /^$|^[^a-zA-Z\d]/.test(source.slice(close + 3));
    out.push({ kind: solid && apart ? 'fence' : 'live', text });
    at = close + 3;
  }
  return merged([...out, ...plain(source.slice(at), at === 0)]);
}

function plain(text: string, lineStart: boolean): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const bold of text.matchAll(BOLD)) {
    runs.push({ kind: 'text', text: text.slice(at, bold.index) });
    runs.push({ kind: 'bold', text: bold[1] ?? '' });
    at = bold.index + bold[0].length;
  }
  runs.push({ kind: 'text', text: text.slice(at) });
  const lines = text.split('\n').slice(lineStart ? 0 : 1);
  const live = [
    ...lines.filter((line) => LINE.test(line)),
    ...STYLES.flatMap((style) => style.exec(text.replaceAll(BOLD, '$1'))?.slice(0, 1) ?? []),
    ...liveParts(text.replaceAll(BOLD, '$1'), []),
  ];
  return [...runs, ...live.map((each): Run => ({ kind: 'live', text: each }))];
}
