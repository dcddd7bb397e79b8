// A card as a terminal shows it. The first column belongs to the card alone and says what a row is,
// so nothing from outside can pass for a row of another kind:
//   ╭─ heading   │ text   ┃ code   ┇ the same line of code goes on   ├╴ field   ╎ somebody's words
// Rows never reach the terminal's own wrapping and nothing is left out.
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { columnsOf, rowsOf } from './columns.ts';
import { type ShownOptions, shownBlocks } from './shown-card.ts';

/** Rows of one card beyond this scroll out of what terminals keep: it is not shown whole. */
export const MOST_TERMINAL_ROWS = 1000;

const WIDEST = 100;
const NARROWEST = 24;
const WIDEST_LABEL = 16;
/** Columns taken by the first column and the gap after it. */
const MARGIN = 3;

const ICONS: Readonly<Record<Tone, string>> = { ask: '?', good: '✔', bad: '✘', info: '•' };
const COLOURS: Readonly<Record<Tone, string>> = { ask: '33', good: '32', bad: '31', info: '36' };
const BOLD = '1';
const DIM = '2';

export interface TerminalOptions extends ShownOptions {
  /** Of the terminal; infinite where nothing is to be wrapped. */
  readonly columns: number;
  /** Whether to send ANSI colours; they are the only escapes in the result. */
  readonly colour: boolean;
}

type Paint = (text: string, ...codes: string[]) => string;

/** The card as rows of text, ended by a newline. */
export function terminalText(card: Card, options: TerminalOptions): string {
  return `${cardRows(card, options).join('\n')}\n`;
}

/** Whether a terminal that scrolls keeps every row of this card. */
export function fitsTerminal(card: Card, columns: number): boolean {
  return cardRows(card, { columns, colour: false }).length <= MOST_TERMINAL_ROWS;
}

/** The news of a card in rows without a frame: its first heading, ended by a newline. */
export function terminalNews(card: Card, options: TerminalOptions): string {
  const heading = shownBlocks(card, options).find((block) => block.kind === 'heading');
  if (heading === undefined) return terminalText(card, options);
  const paint = painter(options.colour);
  const rows = rowsOf(heading.text, roomOf(options.columns) - 2, true);
  return rows
    .map(
      (row, at) =>
        `${paint(`${at === 0 ? ICONS[heading.tone] : ' '} ${row}`, BOLD, COLOURS[heading.tone])}\n`,
    )
    .join('');
}

function cardRows(card: Card, options: TerminalOptions): string[] {
  const columns = roomOf(options.columns);
  const paint = painter(options.colour);
  const rule = '─'.repeat(Math.min(columns, WIDEST) - 1);
  const rows: string[] = [];
  const blocks = shownBlocks(card, options);
  if (blocks[0]?.kind !== 'heading') rows.push(paint(`╭${rule}`, DIM));
  for (const [at, block] of blocks.entries()) {
    const before = blocks[at - 1];
    if (before !== undefined && before.kind !== 'heading') rows.push(paint('│', DIM));
    rows.push(...blockRows(block, at === 0, columns, paint));
  }
  rows.push(paint(`╰${rule}`, DIM));
  return rows;
}

function roomOf(columns: number): number {
  if (columns === Number.POSITIVE_INFINITY) return columns;
  return Math.max(NARROWEST, Math.min(WIDEST, Math.floor(columns) || WIDEST));
}

function painter(colour: boolean): Paint {
  return (text, ...codes) =>
    colour && text !== '' ? `\x1b[${codes.join(';')}m${text}\x1b[0m` : text;
}

function blockRows(block: CardBlock, first: boolean, columns: number, paint: Paint): string[] {
  switch (block.kind) {
    case 'heading':
      return headingRows(block, first, columns, paint);
    case 'text':
      return block.text
        .split('\n')
        .flatMap((line) =>
          rowsOf(line, columns - MARGIN, true).map((row) => `${paint('│', DIM)}  ${row}`),
        );
    case 'code':
      return fencedRows(block.text.split('\n'), columns, paint, BOLD);
    case 'output':
      return fencedRows(block.text.split('\n'), columns, paint);
    case 'fields':
      return fieldRows(block.rows, columns, paint);
    case 'quote': {
      const by = rowsOf(`${block.by}:`, columns - MARGIN, true);
      const said = block.text.split('\n').flatMap((line) => rowsOf(line, columns - MARGIN, true));
      return [
        ...by.map((row) => `${paint('│', DIM)}  ${row}`),
        ...said.map((row) => `${paint('╎', DIM)}  ${row}`),
      ];
    }
  }
}

function fencedRows(
  fenced: readonly string[],
  columns: number,
  paint: Paint,
  ...codes: string[]
): string[] {
  return fenced.flatMap((line) =>
    rowsOf(line, columns - MARGIN, false).map((row, at) => {
      const inside = codes.length === 0 ? row : paint(row, ...codes);
      return `${paint(at === 0 ? '┃' : '┇', BOLD)}  ${inside}`;
    }),
  );
}

function headingRows(
  { tone, text }: { tone: Tone; text: string },
  first: boolean,
  columns: number,
  paint: Paint,
): string[] {
  const corner = first ? '╭─' : '├─';
  const room = columns - 5;
  const [top = '', ...more] = rowsOf(text, room, true);
  const rule = '─'.repeat(Math.max(0, Math.min(room, WIDEST - 5) - columnsOf(top) - 1));
  return [
    `${paint(corner, DIM)} ${paint(`${ICONS[tone]} ${top}`, BOLD, COLOURS[tone])} ${paint(rule, DIM)}`.trimEnd(),
    ...more.map((row) => `${paint('│', DIM)}    ${paint(row, BOLD, COLOURS[tone])}`),
  ];
}

function fieldRows(
  fields: readonly (readonly [label: string, value: string])[],
  columns: number,
  paint: Paint,
): string[] {
  const widest = Math.max(0, ...fields.map(([label]) => columnsOf(label)));
  const labelColumns = Math.min(widest, WIDEST_LABEL, Math.floor(columns / 3));
  const indent = ' '.repeat(labelColumns + 2);
  const frame = paint('│', DIM);
  return fields.flatMap(([label, value]) => {
    const labels = rowsOf(label, columns - MARGIN, true);
    const values = rowsOf(value, columns - MARGIN - labelColumns - 2, true);
    const last = labels[labels.length - 1] ?? '';
    const fill = labelColumns - columnsOf(last);
    const head = labels.map(
      (row, at) => `${at === 0 ? paint('├╴', DIM) : `${frame} `} ${paint(row, DIM)}`,
    );
    // A label wider than its column stands above its value.
    if (labels.length > 1 || fill < 0) {
      return [...head, ...values.map((row) => `${frame}  ${indent}${row}`)];
    }
    const [top = '', ...more] = values;
    return [
      `${head[0] ?? ''}${' '.repeat(fill + 2)}${top}`,
      ...more.map((row) => `${frame}  ${indent}${row}`),
    ];
  });
}
