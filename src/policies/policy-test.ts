// `policy test`: every example of a policy file and of its presets, and what else is wrong with the
// file. Text in, data out; a file whose examples fail does not load, so it is read for this alone.
import { type ExampleReport, failureLines, type TestedRule } from './examples.ts';
import { readPolicyDocument } from './policy-file.ts';

export interface PolicyTest {
  /** How many examples were judged, of how many rules. */
  readonly examples: number;
  readonly rules: number;
  /** The rules of which an example does not hold. */
  readonly failing: readonly TestedRule[];
  /** What else keeps the file from loading, each with its line. */
  readonly problems: readonly string[];
}

/** Tests the text of a file; `fileName` is only for the messages. */
export function testPolicyFile(text: string, fileName: string): PolicyTest {
  const read = readPolicyDocument(text, fileName);
  const tested = read.ok ? read.file.tested : (read.tested ?? []);
  const told = new Set(
    tested.flatMap((one) => failureLines(one).map((line) => `${one.at}: ${line}`)),
  );
  return {
    examples: count(tested),
    rules: tested.length,
    failing: tested.filter(({ failures }) => failures.length > 0),
    problems: read.ok ? [] : read.problems.filter((problem) => !told.has(problem)),
  };
}

function count(tested: readonly ExampleReport[]): number {
  return tested.reduce((sum, one) => sum + one.count, 0);
}
