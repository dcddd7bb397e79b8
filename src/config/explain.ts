// Validation errors in words for people: what was expected, what was found, what to write. Never
// repeats text that was found where it could be a misplaced secret.
import type { z } from 'zod';
import { nearest, schemaAt, shapeOf } from './keys.ts';

/** One complaint and the place it is about. */
export interface KeyProblem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** A complaint whose text may still have to be made: a file may have thousands of them. */
interface Found {
  readonly around: readonly PropertyKey[];
  readonly key: string | null;
  readonly text: string;
}

/** Texts for everything that the schema itself has no text for; given to zod's `error`. */
export function explainIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return `is missing: write ${EXPECTED[issue.expected] ?? 'it'}`;
      const quotes = issue.expected === 'string' && typeof issue.input !== 'object';
      const hint = quotes && issue.input !== null ? ' (put it in quotes)' : '';
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, but is ${found(issue.input)}${hint}`;
    }
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, but is ${found(issue.input)}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${counted(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${counted(issue.origin)}`;
    case 'invalid_format':
      return `is not written as it should be (${issue.format})`;
    default:
      return 'is not valid';
  }
}

/** The complaints of a failed parse, one for every unknown key, and how many more there are. */
export function explainError(
  error: z.core.$ZodError,
  schema: z.core.$ZodType,
  atMost: number,
): { readonly problems: KeyProblem[]; readonly omitted: number } {
  const all = error.issues.flatMap((issue): Found[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ around: issue.path, key, text: '' }))
      : [{ around: issue.path, key: null, text: issue.message }],
  );
  const problems = all
    .slice(0, atMost)
    .map(
      ({ around, key, text }): KeyProblem =>
        key === null
          ? { path: around, text }
          : { path: [...around, key], text: unknownKey(key, around, schema) },
    );
  return { problems, omitted: all.length - problems.length };
}

/** A path as people read it: `approvers[0].roles`. */
export function showPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('');
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
};

function found(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping of keys to values';
  // A short word is surely no secret, and seeing it helps.
  if (typeof value === 'string') return /^[\w-]{1,15}$/.test(value) ? `"${value}"` : 'other text';
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : 'something else';
}

function counted(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}

function unknownKey(key: string, path: readonly PropertyKey[], schema: z.core.$ZodType): string {
  const around = schemaAt(schema, path);
  const keys = Object.keys((around && shapeOf(around)) ?? {});
  const meant = nearest(key, keys);
  if (meant !== null) return `is not a known key: did you mean "${meant}"?`;
  const elsewhere = homeOf(key, schema);
  if (elsewhere !== null) return `is not a known key here: it belongs under "${elsewhere}"`;
  return `is not a known key: known here are ${keys.join(', ')}`;
}

/** The section that has this key, for keys that were written a level too high or too low. */
function homeOf(key: string, schema: z.core.$ZodType): string | null {
  const sections = Object.entries(shapeOf(schema) ?? {});
  if (sections.some(([name]) => name === key)) return 'the top level';
  return sections.find(([, inner]) => shapeOf(inner)?.[key] !== undefined)?.[0] ?? null;
}
