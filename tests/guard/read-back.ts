// What a text made visible stands for, from its marks alone: written apart from src/guard.
// Spaces before newlines are left out: long runs count them.

/** The original text. `lines`: newlines are drawn; counted ones stand on a line of their own. */
export function readBack(shown: string, lines: boolean): string {
  const around = lines ? '\n?' : '';
  const newlines = new RegExp(`${around}⟨(\\d+) newlines?(?:, \\d+ spaces?)?⟩${around}`, 'g');
  return spacesAside(
    shown
      .replaceAll(/⟨(?:RTL|empty|goes on|continued)⟩/g, '')
      .replaceAll(newlines, (_, count: string) => '\n'.repeat(Number(count)))
      .replaceAll(/⟨(\d+) spaces?⟩/g, (_, count: string) => ' '.repeat(Number(count)))
      .replaceAll(
        /⟨U\+([0-9A-F]+)(?: [^⟨⟩×]*)?(?:× (\d+))?⟩/g,
        (_, code: string, times: string | undefined) =>
          String.fromCodePoint(Number.parseInt(code, 16)).repeat(Number(times ?? 1)),
      ),
  );
}

/** The text without spaces that stand before a newline. */
export function spacesAside(text: string): string {
  return text.replaceAll(/ +(?=\n)/g, '');
}
