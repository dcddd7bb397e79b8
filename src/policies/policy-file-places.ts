// Where something stands in a policy file, for the messages about it: offsets in the document, and
// problems in the order of their lines.
import { type Document, isMap } from 'yaml';

/** In the order of the file. */
export function byLine(problems: string[]): string[] {
  const line = (text: string) => Number(/:(\d+): /.exec(text)?.[1] ?? 0);
  return problems.toSorted((a, b) => line(a) - line(b));
}

/** The offset of the nearest thing that is there. */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    const parent = length === 0 ? null : document.getIn(part.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => String(item.key) === String(part.at(-1)));
      const key = pair?.key as { range?: [number, number, number] } | undefined;
      if (key?.range) return key.range[0];
    }
    const node = document.getIn(part, true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}
