// How wide text is on a terminal, and breaking it into rows. Widths are estimates that err on the
// wide side: a row may end early, but never runs into the terminal's own wrapping.

// Scripts and symbols that terminals agree to draw one column wide.
const NARROW =
  /[\u0020-\u024F\u0250-\u058F\u0590-\u06FF\u0900-\u0E7F\u0E80-\u0EFF\u10A0-\u10FF\u1E00-\u1FFF\u2010-\u203A\u2190-\u21FF\u2500-\u257F\u27E6-\u27EF]/;
const clusters = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Columns that one grapheme cluster takes: one for narrow scripts, otherwise two. */
function clusterColumns(cluster: string): number {
  const narrow = NARROW.test(cluster[0] ?? '') && !cluster.includes('\uFE0F');
  return narrow ? cluster.length : Math.max(2, cluster.length);
}

/** Columns that a text takes at most. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of clusters.segment(text)) columns += clusterColumns(segment);
  return columns;
}

/**
 * One line in rows of at most `columns`. With `words`, rows break after a blank where there is one
 * (the blank stays at the end of its row); otherwise exactly where the row is full.
 */
export function rowsOf(line: string, columns: number, words: boolean): string[] {
  const rows: string[] = [];
  let row = '';
  let used = 0;
  // Where the current row may be broken, and the columns used up to there.
  let breakAt = 0;
  let usedAtBreak = 0;
  for (const { segment } of clusters.segment(line)) {
    const width = clusterColumns(segment);
    if (used + width > columns && row !== '') {
      const at = words && breakAt > 0 ? breakAt : row.length;
      rows.push(row.slice(0, at));
      row = row.slice(at);
      used = at === breakAt ? used - usedAtBreak : 0;
      breakAt = 0;
    }
    row += segment;
    used += width;
    if (segment === ' ') {
      breakAt = row.length;
      usedAtBreak = used;
    }
  }
  rows.push(row);
  return rows;
}
