// From bytes to a plain value: UTF-8, YAML 1.2, and nothing that could surprise (repeated keys,
// endless aliases, tags, `__proto__`). Knows lines, so that every complaint can name one; knows
// nothing of what the keys mean.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';

/** Bytes of the largest configuration file. */
export const CONFIG_LIMIT_BYTES = 1024 ** 2;

const ALIASES_AT_MOST = 100;
const SYNTAX_PROBLEMS_AT_MOST = 5;
const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export type BytesAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

/** A complaint and the line, from 1, that it is about; null where it is about the whole file. */
export interface LinedProblem {
  readonly line: number | null;
  readonly text: string;
}

export type DocumentAnswer =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** The line of the value at a path, or of the nearest thing around it that is there. */
      readonly lineAt: (path: readonly PropertyKey[]) => number | null;
    }
  | { readonly ok: false; readonly problems: readonly LinedProblem[] };

/** Reads a regular file of at most 1 MiB. */
export function readConfigFile(path: string): BytesAnswer {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(file);
    if (status.isDirectory()) return refuse('this is a folder: name the file in it');
    if (!status.isFile()) return refuse('this is not a regular file');
    const bytes = Buffer.alloc(Math.min(status.size, CONFIG_LIMIT_BYTES) + 1);
    let size = 0;
    for (;;) {
      const got = readSync(file, bytes, size, bytes.length - size, null);
      size += got;
      if (got === 0 || size === bytes.length) break;
    }
    if (size > CONFIG_LIMIT_BYTES)
      return refuse('the file is larger than 1 MiB: is it the right one?');
    return { ok: true, bytes: bytes.subarray(0, size) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return refuse('there is no such file');
    if (code === 'EACCES' || code === 'EPERM')
      return refuse('this user may not read the file: change its mode or owner');
    return refuse(`the file cannot be read (${code})`);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Parses one YAML document, strictly. All complaints that can be found at once are returned. */
export function parseConfigText(bytes: Uint8Array): DocumentAnswer {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail(lineOfBadByte(bytes), 'this is not valid UTF-8: save the file as UTF-8');
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) return fail(lineIn(text, nul), 'here is a NUL character: is this a text file?');
  if (text.trim() === '') {
    return fail(
      null,
      'the file is empty: write at least one key, or remove the file to use the defaults',
    );
  }
  try {
    return parseText(text);
  } catch (error) {
    // Thousands of nested brackets exhaust the parser's stack; aliases beyond the bound are a
    // ReferenceError. Anything else is a bug of ours or of the parser.
    if (error instanceof RangeError) return fail(null, 'the file is nested too deeply');
    if (error instanceof ReferenceError) {
      return fail(
        null,
        `the file uses aliases (*name) in a loop, or more than ${ALIASES_AT_MOST} of them`,
      );
    }
    throw error;
  }
}

function parseText(text: string): DocumentAnswer {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    strict: true,
    // Checked below in linear time; the parser compares every key with every other.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) return { ok: false, problems: syntaxProblems(wrong, lineOf) };

  const problems: LinedProblem[] = [];
  visit(document, {
    Map(_key, map) {
      problems.push(...badKeys(map, lineOf));
    },
  });
  if (problems.length > 0) return { ok: false, problems };
  const value: unknown = document.toJS({ maxAliasCount: ALIASES_AT_MOST });
  if (value === null) {
    return fail(
      null,
      'the file holds nothing but comments: write at least one key, or remove the file',
    );
  }
  return { ok: true, value, lineAt: (path) => lineAt(document, path, lineOf) };
}

function syntaxProblems(
  wrong: readonly YAMLError[],
  lineOf: (offset: number) => number,
): LinedProblem[] {
  // The parser turns an exhausted stack into complaints about every bracket.
  if (wrong.some(({ message }) => message.includes('call stack'))) {
    return [{ line: null, text: 'the file is nested too deeply' }];
  }
  const problems = wrong.slice(0, SYNTAX_PROBLEMS_AT_MOST).map((error) => ({
    line: lineOf(error.pos[0]),
    text:
      error.code === 'MULTIPLE_DOCS'
        ? 'a second document begins here (---): a configuration is one'
        : `this is not valid YAML: ${error.message.replace(/\s+/g, ' ')}`,
  }));
  const more = wrong.length - problems.length;
  // One missing bracket makes everything after it wrong.
  if (more > 0)
    problems.push({ line: problems.at(-1)?.line ?? 0, text: `and ${more} more like it` });
  return problems;
}

function badKeys(map: YAMLMap, lineOf: (offset: number) => number): LinedProblem[] {
  const problems: LinedProblem[] = [];
  const firstLines = new Map<string, number>();
  for (const { key } of map.items) {
    const line = isNode(key) ? lineOf(key.range?.[0] ?? 0) : null;
    if (!isScalar(key) || !isPlain(key.value)) {
      problems.push({ line, text: 'this key is not plain text' });
      continue;
    }
    const name = String(key.value);
    const first = firstLines.get(name);
    if (first !== undefined) {
      problems.push({
        line,
        text: `the key "${name}" was there already on line ${first}: remove one`,
      });
    } else if (REFUSED_KEYS.has(name)) {
      problems.push({ line, text: `the key "${name}" is not allowed` });
    }
    firstLines.set(name, first ?? line ?? 0);
  }
  return problems;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function lineAt(
  document: Document,
  path: readonly PropertyKey[],
  lineOf: (offset: number) => number,
): number | null {
  let node: unknown = document.contents;
  let line: number | null = null;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    let next: unknown;
    let marker: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      marker = pair?.key;
      next = pair?.value;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      marker = next;
    }
    if (marker === undefined) break;
    const offset = isNode(marker) ? (marker as Node).range?.[0] : undefined;
    if (offset !== undefined) line = lineOf(offset);
    node = next;
  }
  return line;
}

function lineOfBadByte(bytes: Uint8Array): number {
  // Invalid bytes become U+FFFD; what stands before the first one that was not written is fine.
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  let line = 1;
  for (const character of lenient) {
    const size = Buffer.byteLength(character);
    if (
      character === '\uFFFD' &&
      !Buffer.from(character).equals(bytes.subarray(offset, offset + size))
    ) {
      return line;
    }
    if (character === '\n') line += 1;
    offset += size;
  }
  return line;
}

function lineIn(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function refuse(problem: string): BytesAnswer {
  return { ok: false, problem };
}

function fail(line: number | null, text: string): DocumentAnswer {
  return { ok: false, problems: [{ line, text }] };
}
