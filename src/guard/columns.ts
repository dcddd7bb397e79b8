// How wide text is on a terminal, and breaking it into rows. Widths are estimates that err on the
// wide side: a row may end early, but never runs into the terminal's own wrapping.

// Scripts and symbols that terminals agree to draw one column wide.
const NARROW =
  /[\u0020-\u024F\u0250-\u058F\u0590-\u06FF\u0900-\u0E7F\u0E80-\u0EFF\u10A0-\u10FF\u1E00-\u1FFF\u2010-\u203A\u2190-\u21FF\u2500-\u257F\u2713-\u2718\u27E6-\u27EF]/;
// What must not be torn apart: an emoji sequence, or a character with its marks and joiners. It is
// bounded, and linear, which Intl.Segmenter (Node 20) is not on long texts.
const CLUSTER_PATTERN = '\\p{RGI_Emoji}|[^](?:\\p{M}|[\\u200C\\u200D]){0,8}';
const CLUSTER = new RegExp(CLUSTER_PATTERN, 'vy');

/** Columns that one grapheme cluster takes: one for narrow scripts, otherwise two. */
function clusterColumns(cluster: string): number {
  const narrow = NARROW.test(cluster[0] ?? '') && !cluster.includes('\uFE0F');
  return narrow ? cluster.length : Math.max(2, cluster.length);
}

/** Columns that a text takes at most. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const cluster of clusters(text)) columns += clusterColumns(cluster);
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
  for (const cluster of unbroken(line, columns)) {
    const width = clusterColumns(cluster);
    while (used + width > columns && row !== '') {
      const at = words && breakAt > 0 ? breakAt : row.length;
      rows.push(row.slice(0, at));
      row = row.slice(at);
      used = at === breakAt ? used - usedAtBreak : 0;
      breakAt = 0;
    }
    row += cluster;
    used += width;
    if (cluster === ' ') {
      breakAt = row.length;
      usedAtBreak = used;
    }
  }
  rows.push(row);
  return rows;
}

/** Clusters, but those wider than a row by character. */
function* unbroken(line: string, columns: number): Generator<string> {
  for (const cluster of clusters(line)) {
    if (clusterColumns(cluster) <= columns) yield cluster;
    else yield* cluster;
  }
}

function* clusters(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    // Only from U+0300 on are there marks, selectors and joiners.
    const alone = text.charCodeAt(at) < 0x7f && !(text.charCodeAt(at + 1) >= 0x300);
    CLUSTER.lastIndex = at;
    const cluster = alone ? text.charAt(at) : (CLUSTER.exec(text)?.[0] ?? text.charAt(at));
    yield cluster;
    at += cluster.length;
  }
}
