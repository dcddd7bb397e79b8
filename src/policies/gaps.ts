// What stands between the words of a simple command: blanks and nothing else. The parser skips what
// it does not understand there (`ls (`), bash does not.

interface Item {
  readonly type: string;
  readonly pos: number;
  readonly end: number;
}

/** Checks what stands between and right behind the parts of one command. */
export function checkItems(
  items: readonly Item[],
  source: string,
  fail: (why: string) => void,
): void {
  items.forEach((item, i) => {
    const next = items[i + 1];
    if (item.type !== 'Word' && /[<>]/.test(source[item.end] ?? '')) {
      // `2> 2>x`: to bash the second 2 belongs to what follows.
      const numbered = /[<>|][ \t]*(?:\d+|\{\w+\})$/.test(source.slice(item.pos, item.end));
      if (numbered) fail('a number between two redirections');
    }
    if (next?.pos === item.end + 1 && source[item.end] === ' ') return;
    if (next === undefined) {
      if (/^[ \t]*\(/.test(source.slice(item.end, item.end + 256))) fail('a ( behind a command');
      return;
    }
    if (!/^[ \t]*$/.test(source.slice(item.end, next.pos))) fail('more than blanks between words');
    // Bash reads `<(a)b` as one word, the parser as two: words that touch are not trusted.
    if (item.end !== next.pos) return;
    if (next.type === 'Word' || next.type === 'Assignment') fail('two words without a blank');
  });
}

/** The text within backquotes as bash reads it. */
export function unescapedBackticks(text: string, inDoubleQuotes: boolean): string {
  return text.slice(1, -1).replace(inDoubleQuotes ? /\\([\\`$"])/g : /\\([\\`$])/g, '$1');
}
