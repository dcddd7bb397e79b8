// Tables of a Markdown document as data: what is in backticks in each cell.

export interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of a document, cells as they are written. */
export function tablesOf(markdown: string): Table[] {
  const tables: { heads: string[]; rows: string[][] }[] = [];
  let rows: string[][] | null = null;
  const lines = markdown.split('\n');
  lines.forEach((line, i) => {
    if (!line.startsWith('|')) rows = null;
    else if (rows !== null) rows.push(cellsOf(line));
    else if (/^\|(?:[ :]*-+[ :]*\|)+$/.test(line)) {
      rows = [];
      tables.push({ heads: cellsOf(lines[i - 1] ?? ''), rows });
    }
  });
  return tables;
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** What stands in backticks. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Fenced blocks of one language. */
export function blocksOf(markdown: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...markdown.matchAll(fence)].map(([, text = '']) => text);
}
