// What the checks for threats share: one command as they see it, and the reading it is part of.
import type { Findings } from './finding.ts';
import type { Redirect, Script, Word } from './shell-text.ts';
import { CONNECTED, DECODED, FETCHED, type Taint } from './taint.ts';

/** One simple command without its wrappers. */
export interface Invocation {
  /** Lower case, without its folder; empty where only substitution tells. */
  readonly name: string;
  readonly nameWord: Word;
  readonly args: readonly Word[];
  readonly redirects: readonly Redirect[];
  /** What flows into its standard input. */
  readonly input: Taint;
  readonly isUnderXargs: boolean;
}

/** The state of one reading, and what checks may ask of it. */
export interface Reading {
  readonly findings: Findings;
  /** The text as a whole, which offsets point into while `isOutermost`. */
  readonly source: string;
  readonly isOutermost: boolean;
  /** Files that were fetched or decoded earlier in the text. */
  readonly files: Map<string, Taint>;
  readonly variables: ReadonlyMap<string, { readonly text: string; readonly taint: Taint }>;
  /** Reads text that something runs as a shell would; answers what it writes. */
  runText(text: string, at: number, input: Taint): Taint;
  run(script: Script, input: Taint): Taint;
  /** What flows into a word from its substitutions and variables. */
  taintOf(word: Word): Taint;
}

/** Says what running data from elsewhere means, if it is data from elsewhere. */
export function tellExecution(taint: Taint, word: Word, { findings }: Reading): void {
  const length = word.end - word.at;
  if ((taint & CONNECTED) !== 0) {
    findings.add(
      'reverse-shell',
      'block',
      word.at,
      length,
      'runs what somebody at the other end of a connection writes',
    );
  } else if ((taint & DECODED) !== 0) {
    findings.add(
      'encoded-execution',
      'block',
      word.at,
      length,
      'runs what is decoded first: nobody can read it here',
    );
  } else if ((taint & FETCHED) !== 0) {
    findings.add('pipe-to-shell', 'warn', word.at, length, 'runs what comes over the network');
  }
}
