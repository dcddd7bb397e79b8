// Aligned rows for lists on a terminal, and a stacked form where it is too narrow for them. Every
// cell is made visible: what is listed comes from outside.
import { columnsOf, rowsOf } from '../guard/columns.ts';
import { visible } from '../guard/visible.ts';

const GAP = '  ';
/** A shortened cell keeps at least this much. */
const LEAST_FLEXIBLE = 16;

export interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The columns that may be shortened, the one that gives way first in front. */
  readonly flexible: readonly number[];
}

/** The table as text. `columns` null (no terminal) shortens nothing. */
export function tableText(table: Table, columns: number | null): string {
  const rows = table.rows.map((row) => row.map((cell) => visible(cell)));
  const widths = table.heads.map((head, at) =>
    Math.max(columnsOf(head), ...rows.map((row) => columnsOf(row[at] ?? ''))),
  );
  if (columns !== null && !shrink(widths, table.flexible, columns)) {
    return rows.map((row) => stacked(table.heads, row, columns)).join('\n');
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => padded(shortened(cell, widths[at] ?? 0), widths[at] ?? 0))
      .join(GAP)
      .trimEnd();
  return `${[table.heads, ...rows].map(line).join('\n')}\n`;
}

/** Narrows the flexible columns until the row fits; false where it cannot. */
function shrink(widths: number[], flexible: readonly number[], columns: number): boolean {
  const total = () => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  for (const at of flexible) {
    const excess = total() - columns;
    if (excess <= 0) return true;
    const width = widths[at] ?? 0;
    widths[at] = Math.max(Math.min(width, LEAST_FLEXIBLE), width - excess);
  }
  return total() <= columns;
}

function shortened(cell: string, width: number): string {
  if (columnsOf(cell) <= width) return cell;
  return `${rowsOf(cell, width - 1, false)[0] ?? ''}…`;
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - columnsOf(cell)));
}

/** One entry below the other: the first cell as a title, the rest indented. */
function stacked(heads: readonly string[], row: readonly string[], columns: number): string {
  const width = Math.max(8, columns - GAP.length);
  const lines = row.flatMap((cell, at) =>
    rowsOf(at < 2 ? cell : `${heads[at]?.toLowerCase() ?? ''}: ${cell}`, width, true).map(
      (text) => `${at === 0 ? '' : GAP}${text.trimEnd()}`,
    ),
  );
  return `${lines.join('\n')}\n`;
}
