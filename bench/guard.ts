// What an inspection costs: microseconds for short and long commands, ASCII and mixed, and whether
// the time grows with the text. Each figure is the median of rounds; ratios compare sizes in a run.
import { inspect } from '../src/guard/inspect.ts';
import { median } from './statistics.ts';

const ROUNDS = 15;
/** Characters inspected in one round. */
const CHARACTERS = 400_000;
const WARM_ROUNDS = 4;

const ASCII = 'git log --oneline --since=yesterday -n 20 -- src/guard/inspect';
const MIXED = 'git commit -m "Größe: исправлена ошибка входа 修复 🎉 مرحبا"  ';
const PIPED = 'cat a.txt | grep -v "^#" | sort -u | head -n 20 > out/$X.txt';

function sized(text: string, length: number): string {
  return `${text}; `.repeat(Math.ceil(length / text.length)).slice(0, length);
}

/** Microseconds of processor time of one inspection, which others on the machine do not change. */
function microseconds(text: string): number {
  const count = Math.ceil(CHARACTERS / text.length);
  for (let times = 0; times < count * WARM_ROUNDS; times += 1) inspect(text, 'command');
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const used = process.cpuUsage();
    for (let times = 0; times < count; times += 1) inspect(text, 'command');
    const { user, system } = process.cpuUsage(used);
    rounds.push((user + system) / count);
  }
  return median(rounds);
}

/** `npm run bench -- guard`. */
export function guard(): Promise<void> {
  for (const [name, text] of Object.entries({ ASCII, MIXED, PIPED })) {
    for (const length of [60, 2000]) {
      const figure = microseconds(sized(text, length));
      console.log(`  ${name.toLowerCase()}, ${length} characters: ${figure.toFixed(2)} us`);
    }
  }
  for (const [name, text] of Object.entries({ ASCII, MIXED })) {
    const sizes = [4096, 16_384, 65_536];
    const figures = sizes.map((length) => microseconds(sized(text, length)) / length);
    const shown = figures.map((figure, index) => `${sizes[index]}: ${(figure * 1000).toFixed(1)}`);
    const ratio = (figures[2] ?? 0) / (figures[0] ?? 1);
    console.log(
      `  ${name.toLowerCase()}, nanoseconds a character at ${shown.join(', ')}; ratio ${ratio.toFixed(2)} (linear: about 1)`,
    );
  }
  return Promise.resolve();
}
