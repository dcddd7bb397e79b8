// What a command does that a person must decide about, whatever the rules say: follows data through
// pipes and substitutions to what runs, sends or stores it. A reading for detection: it finds
// threats and never shows that there are none.
import type { Findings } from './finding.ts';
import { readShellText } from './shell-reader.ts';
import type { Pipeline, Redirect, Script, Simple, Stage, Word } from './shell-text.ts';
import type { Span } from './spans.ts';
import { DECODED, NONE, type Taint } from './taint.ts';
import { checkAssignments } from './threat-environment.ts';
import { checkRedirects } from './threat-files.ts';
import { writtenText } from './threat-flows.ts';
import { resolvedName } from './threat-names.ts';
import { SHELLS, SUBCOMMANDED, VISITORS } from './threat-programs.ts';
import { type Invocation, type Reading, tellExecution } from './threat-reading.ts';
import { runProgram } from './threat-running.ts';
import { unwrap } from './unwrapped.ts';
import { inspectUrls } from './urls.ts';

const DEEPEST_CODE = 4;
const MOST_VARIABLES = 200;
const VARIABLE = /\$\{?!?([A-Za-z_]\w*)/g;

/** Looks at everything that a text would run; puts where the names of commands stand in `names`. */
export function inspectThreats(
  source: string,
  script: Script,
  findings: Findings,
  names: Span[],
): void {
  new ThreatReading(source, findings, names).run(script, NONE);
}

class ThreatReading implements Reading {
  readonly findings: Findings;
  readonly source: string;
  readonly files = new Map<string, Taint>();
  readonly variables = new Map<string, { text: string; taint: Taint }>();
  // Most words hold nothing that flows.
  #taints: Map<Word, Taint> | null = null;
  readonly #names: Span[];
  #depth = 0;

  constructor(source: string, findings: Findings, names: Span[]) {
    this.source = source;
    this.findings = findings;
    this.#names = names;
  }

  get isOutermost(): boolean {
    return this.#depth === 0;
  }

  runText(text: string, at: number, input: Taint): Taint {
    if (this.#depth >= DEEPEST_CODE) return NONE;
    this.#depth += 1;
    const { script, isTooDeep } = readShellText(text, at);
    if (isTooDeep) {
      this.findings.add('limit', 'block', at, text.length, 'nested more deeply than can be read');
    }
    const output = this.run(script, input);
    this.#depth -= 1;
    return output;
  }

  run(script: Script, input: Taint): Taint {
    let output = NONE;
    for (const pipeline of script) output |= this.#pipeline(pipeline, input);
    return output;
  }

  #pipeline(pipeline: Pipeline, input: Taint): Taint {
    let flowing = input;
    for (const [index, stage] of pipeline.entries()) {
      const before = pipeline[index - 1];
      // What is written plainly into a shell can be read as what it runs.
      if (stage.kind === 'simple' && before?.kind === 'simple' && index === 1) {
        const text = SHELLS.has(unwrap(stage.words).name) ? writtenText(before) : null;
        if (text !== null) this.runText(text, before.words[0]?.at ?? 0, NONE);
      }
      flowing = this.#stage(stage, flowing);
    }
    return flowing;
  }

  #stage(stage: Stage, input: Taint): Taint {
    const flowing = input | this.#redirects(stage.redirects);
    return stage.kind === 'group' ? this.run(stage.body, flowing) : this.#simple(stage, flowing);
  }

  #redirects(redirects: readonly Redirect[]): Taint {
    if (redirects.length === 0) return NONE;
    for (const { body, target } of redirects) {
      if (body === null || !target.isPlain || !/\$\(|`/.test(body)) continue;
      // Substituted before it is anybody's input.
      this.runText(`: "${body.replaceAll('"', '')}"`, target.at, NONE);
    }
    return checkRedirects(redirects, this);
  }

  #simple(simple: Simple, input: Taint): Taint {
    if (simple.assignments.length > 0) {
      checkAssignments(simple.assignments, this.findings);
      for (const word of simple.assignments) {
        this.#remember(word);
        this.#urls(word, false);
      }
    }
    if (simple.words.length === 0) return input;
    const { name, index, isUnderXargs, environment, code } = unwrap(simple.words);
    if (environment.length > 0) checkAssignments(environment, this.findings);
    // Every substitution is read, whether anybody asks for what flows from it or not.
    for (const word of simple.words) if (word.inner.length > 0) this.taintOf(word);
    this.#note(simple.words, name, index);
    if (code !== null) return this.runText(code.text, code.at, input);
    const nameWord = simple.words[index];
    if (nameWord === undefined) return input;
    const invocation: Invocation = {
      name: resolvedName(name, nameWord, this),
      nameWord,
      args: simple.words.slice(index + 1),
      redirects: simple.redirects,
      input,
      isUnderXargs,
    };
    if (nameWord.text.includes('$')) tellExecution(this.taintOf(nameWord), nameWord, this);
    const output = runProgram(invocation, this);
    for (const word of simple.words) {
      for (const { flow, script } of word.inner) if (flow === 'into') this.run(script, output);
    }
    return output;
  }

  #note(words: readonly Word[], name: string, index: number): void {
    const isVisited = VISITORS.has(name);
    const last = index + (SUBCOMMANDED.has(name) ? 1 : 0);
    for (const [at, word] of words.entries()) {
      if (at <= last) this.#names.push([word.at, word.end]);
      if (at > index) this.#urls(word, isVisited);
    }
  }

  #urls({ text, at, isPlain }: Word, isVisited: boolean): void {
    if (!text.includes('://')) return;
    const context = { findings: this.findings, worst: 'block', isVisited } as const;
    inspectUrls(text, isPlain ? at : at + 1, context);
  }

  taintOf(word: Word): Taint {
    if (word.inner.length === 0 && this.variables.size === 0) return NONE;
    this.#taints ??= new Map();
    let taint = this.#taints.get(word);
    if (taint === undefined) {
      taint = NONE;
      for (const { flow, script } of word.inner) {
        if (flow === 'out') taint |= this.run(script, NONE);
      }
      this.#taints.set(word, taint);
    }
    if (this.variables.size > 0 && word.text.includes('$')) {
      for (const [, name = ''] of word.text.matchAll(VARIABLE)) {
        taint |= this.variables.get(name)?.taint ?? NONE;
      }
    }
    return taint;
  }

  #remember(word: Word): void {
    const equals = word.text.indexOf('=');
    const taint = this.taintOf(word) | (word.isSpelled ? DECODED : NONE);
    if (equals < 1 || this.variables.size >= MOST_VARIABLES) return;
    const name = word.text.slice(0, equals).replace(/\+$/, '');
    this.variables.set(name, { text: word.text.slice(equals + 1), taint });
  }
}
