// Microseconds a decision, by 10, 1,000 and 10,000 rules, beside others in the same run; and the
// worst case of hostile lines. Readings are not kept between decisions.
import { performance } from 'node:perf_hooks';
import { judge } from '../src/policies/judge.ts';
import { buildRuleSet, type RuleSet } from '../src/policies/rules.ts';
import { HOSTILE_LINES } from '../tests/policies/hostile-lines.ts';
import { LONG_LINES, ruleSources, SHORT_LINES } from './policy-cases.ts';
import { CROWDS } from './policy-crowds.ts';
import { cedar, minimatchLoop, regExpLoop } from './policy-rivals.ts';
import { median, percentile } from './statistics.ts';

const COUNTS = [10, 1_000, 10_000] as const;
const LINES = { '60': SHORT_LINES, '2,000': LONG_LINES } as const;
const OURS = 'Countersign';

const CONTEXT = {
  requester: 'telegram:17',
  platform: 'telegram',
  cwd: '/home/ada/code/shop',
  home: '/home/ada',
};

type Decide = (line: string) => unknown;

function ours(rules: RuleSet): Decide {
  const frame = { cwd: CONTEXT.cwd, env: {}, stdinDigest: null, sandbox: 'strict' as const };
  return (command) => judge({ kind: 'shell', command, ...frame }, rules, CONTEXT, null);
}

export async function policies(): Promise<void> {
  for (const [length, lines] of Object.entries(LINES)) compareAt(length, lines);
  for (const crowd of CROWDS) crowded(crowd);
  hostile();
}

function compareAt(length: string, lines: readonly string[]): void {
  const p50 = new Map<string, number[]>();
  for (const count of COUNTS) {
    const sources = ruleSources(count);
    const deciders: Record<string, Decide> = {
      [OURS]: ours(buildRuleSet(sources, 'bench')),
      'RegExp loop': regExpLoop(sources),
      'minimatch loop': minimatchLoop(sources),
      'Cedar (wasm)': cedar(sources),
    };
    for (const [name, decide] of Object.entries(deciders)) {
      const times = measure(decide, lines);
      p50.set(name, [...(p50.get(name) ?? []), median(times)]);
      console.log(
        `  ${length.padStart(5)} characters, ${String(count).padStart(6)} rules, ` +
          `${name.padEnd(14)} p50 ${figure(median(times))} us, p99 ${figure(percentile(times, 0.99))} us`,
      );
    }
  }
  const own = p50.get(OURS) ?? [];
  const last = own.at(-1) ?? Number.NaN;
  for (const [name, values] of p50) {
    if (name === OURS) continue;
    const ratio = (values.at(-1) ?? Number.NaN) / last;
    console.log(`  ${length.padStart(5)} characters, 10,000 rules: ${ratio.toFixed(0)} x ${name}`);
  }
  const growth = last / (own[0] ?? Number.NaN);
  console.log(`  ${length.padStart(5)} characters, growth from 10 to 10,000: ${growth.toFixed(2)}`);
}

function figure(us: number): string {
  return us.toFixed(us < 100 ? 1 : 0).padStart(8);
}

/** Warm-up and measuring end after so long, however slow a rival is. */
const [WARM_MS, MEASURED_MS] = [400, 1500];
const MOST = 40_000;

/** Microseconds of single decisions, the lines in turn. */
function measure(
  decide: Decide,
  lines: readonly string[],
  warmMs: number = WARM_MS,
  measuredMs: number = MEASURED_MS,
): number[] {
  const warm = performance.now() + warmMs;
  for (let i = 0; performance.now() < warm; i += 1) decide(lines[i % lines.length] as string);
  const times: number[] = [];
  const until = performance.now() + measuredMs;
  for (let i = 0; i < MOST || i % lines.length !== 0; i += 1) {
    const began = performance.now();
    decide(lines[i % lines.length] as string);
    const ended = performance.now();
    times.push((ended - began) * 1000);
    if (ended > until && i >= lines.length) break;
  }
  return times;
}

/** One rule set of each size in which all rules are alike. */
function crowded({ name, line, rule }: (typeof CROWDS)[number]): void {
  const times = COUNTS.map((count) => {
    const sources = Array.from({ length: count }, (_, n) => rule(n));
    const decide = ours(buildRuleSet(sources, 'bench'));
    return median(measure(decide, [line], 100, 300));
  });
  const [first = Number.NaN, last = Number.NaN] = [times[0], times.at(-1)];
  const figures = times.map((us) => us.toFixed(1)).join(' / ');
  console.log(`  ${name.padEnd(24)} ${figures} us, growth ${(last / first).toFixed(2)}`);
}

/** The slowest of hostile lines, each first and cold, then again. */
function hostile(): void {
  for (const count of [10, 10_000]) {
    const decide = ours(buildRuleSet(ruleSources(count), 'bench'));
    const found = HOSTILE_LINES.map(([name, line]) => ({ name, ms: millisecondsOf(decide, line) }));
    found.sort((a, b) => b.ms - a.ms);
    const worst = found.slice(0, 3).map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`);
    console.log(`  hostile lines, ${count} rules, slowest of ${found.length}: ${worst.join('; ')}`);
  }
}

function millisecondsOf(decide: Decide, line: string): number {
  const times = [0, 1, 2].map(() => {
    const began = performance.now();
    decide(line);
    return performance.now() - began;
  });
  return median(times);
}
