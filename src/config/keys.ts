// What keys a schema knows at a path, and which of them was probably meant. Only looks at schemas.
import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** The mapping's keys and their schemas, seen through defaults, pipes and the like; else null. */
export function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | null {
  const bare = unwrap(schema);
  return bare._zod.def.type === 'object' ? bare._zod.def.shape : null;
}

/** The schema of the value at a path, where there is one. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | null {
  let at: Schema = schema;
  for (const step of path) {
    const bare = unwrap(at);
    const next: Schema | undefined =
      bare._zod.def.type === 'array' ? bare._zod.def.element : shapeOf(bare)?.[String(step)];
    if (next === undefined) return null;
    at = next;
  }
  return at;
}

/** Every key of a schema as a path, such as `approvers[].roles`. */
export function allKeys(schema: Schema, prefix = ''): string[] {
  const bare = unwrap(schema);
  if (bare._zod.def.type === 'array') return allKeys(bare._zod.def.element, `${prefix}[]`);
  return Object.entries(shapeOf(bare) ?? {}).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...allKeys(inner, path)];
  });
}

/** The candidate that a misspelt word most resembles, if any does. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .map((candidate) => ({
      candidate,
      distance: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return null;
  const tolerated = Math.max(1, Math.floor(Math.max(word.length, best.candidate.length) / 3));
  return best.distance <= tolerated ? best.candidate : null;
}

function unwrap(schema: Schema): z.core.$ZodTypes {
  const known = schema as z.core.$ZodTypes;
  const def = known._zod.def;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      // A preprocess has its transform first, a transform last: what is written is the other one.
      return unwrap(def.in._zod.def.type === 'transform' ? def.out : def.in);
    default:
      return known;
  }
}

/** Edits (insert, remove, replace, swap neighbours) from one word to the other. */
function distance(from: string, to: string): number {
  const width = to.length + 1;
  const cells = Array.from({ length: (from.length + 1) * width }, () => 0);
  const cell = (row: number, column: number) => cells[row * width + column] ?? 0;
  for (let row = 0; row <= from.length; row += 1) {
    for (let column = 0; column <= to.length; column += 1) {
      let least = row === 0 ? column : row;
      if (row > 0 && column > 0) {
        const same = from[row - 1] === to[column - 1];
        least = Math.min(
          cell(row - 1, column) + 1,
          cell(row, column - 1) + 1,
          cell(row - 1, column - 1) + (same ? 0 : 1),
        );
        const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
        if (row > 1 && column > 1 && swapped)
          least = Math.min(least, cell(row - 2, column - 2) + 1);
      }
      cells[row * width + column] = least;
    }
  }
  return cell(from.length, to.length);
}
