// Judges every entry of GTFOBins under each preset, and under `allow: X *` for every program X in
// it. Run by hand with the path of a checkout of that project, of which nothing is kept here:
//   node --import tsx scripts/check-gtfobins.mjs DIR [--list]
// Ends with 1 when anything is allowed under a preset. `--list` prints what the wide rules allow.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { admit } from '../src/policies/admission.ts';
import { judge } from '../src/policies/judge.ts';
import { parsePolicyFile } from '../src/policies/policy-file.ts';
import { presetNames } from '../src/policies/presets.ts';
import { compileRules } from '../src/policies/rules.ts';

const PLACES = [
  { cwd: '/home/user/code', home: '/home/user' },
  { cwd: '/root', home: '/root' },
  { cwd: '/', home: '/root' },
];
/** Functions that say nothing once the path they read is one of the workspace. */
const READING = new Set(['file-read', 'upload', 'download']);

/** @returns {{binary: string, ability: string, codes: string[]}[]} */
function readEntries(directory) {
  const folder = join(directory, '_gtfobins');
  return readdirSync(folder).flatMap((file) => {
    const binary = file.replace(/\.md$/, '');
    const own = readBinary(folder, file);
    if (own.alias === undefined) return entriesOf(binary, own.functions, (code) => code);
    const { functions } = readBinary(folder, own.alias);
    const name = new RegExp(`(?<![\\w/-])${quoted(own.alias)}(?![\\w-])`, 'g');
    return entriesOf(binary, functions, (code) => code.replace(name, binary));
  });
}

function readBinary(folder, file) {
  return parse(readFileSync(join(folder, file), 'utf8').replace(/\n\.\.\.\s*$/, '\n')) ?? {};
}

function entriesOf(binary, functions, rename) {
  return Object.entries(functions ?? {}).flatMap(([ability, items]) =>
    items.map((item) => {
      const contexts = Object.values(item.contexts ?? {});
      const codes = [item.code, ...contexts.map((context) => context?.code)];
      return { binary, ability, codes: [...new Set(codes.filter((code) => code).map(rename))] };
    }),
  );
}

/** The code as it stands, each line that runs the program, and all with paths of the workspace. */
function variants({ ability, codes, binary }) {
  const lines = codes.flatMap((code) => {
    const program = new RegExp(`^\\s*(?:sudo\\s+)?(?:\\./)?${quoted(binary)}(?![\\w.-])`);
    const own = code.split('\n').filter((line) => program.test(line));
    return [code, ...own];
  });
  const local = READING.has(ability)
    ? []
    : codes.map((code) => code.replaceAll('/path/to/', '').replaceAll('/dev/stdout', 'out'));
  return [...new Set([...lines, ...local])];
}

function quoted(text) {
  return text.replace(/[^\w]/g, '\\$&');
}

function allowed(command, rules) {
  return PLACES.some(({ cwd, home }) => {
    const frame = { command, cwd, env: {}, stdinDigest: null, sandbox: 'strict' };
    const who = { requester: 'cli:check', platform: 'cli', cwd, home };
    return judge({ kind: 'shell', ...frame }, rules, who).effect === 'allow';
  });
}

function presetRules(name) {
  const read = parsePolicyFile(`presets: [${name}]`, name);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.rules;
}

const [directory, list] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: node --import tsx scripts/check-gtfobins.mjs DIR [--list]');
  process.exit(2);
}
const entries = readEntries(directory);
const binaries = [...new Set(entries.map((entry) => entry.binary))];
console.log(`${binaries.length} binaries, ${entries.length} entries`);
let failures = 0;
for (const name of presetNames()) {
  const rules = presetRules(name);
  const found = entries.flatMap((entry) =>
    variants(entry)
      .filter((code) => allowed(code, rules))
      .map((code) => `  ${entry.ability} ${entry.binary}: ${code}`),
  );
  failures += found.length;
  console.log(`allowed under ${name}: ${found.length}`);
  for (const line of found) console.log(line);
}
const admitted = binaries.filter((name) => admit('allow', `${name} *`, false).admitted);
const wide = compileRules({ allow: binaries.map((name) => `${name} *`) });
const able = entries.filter((entry) => entry.codes.some((code) => allowed(code, wide)));
const reading = able.filter((entry) => entry.ability === 'file-read');
console.log(`rules "allow: X *" that may be stored: ${admitted.length} of ${binaries.length}`);
console.log(
  `allowed under all of them at once: ${able.length}, of which ${reading.length} only read a file`,
);
if (list === '--list') {
  for (const { binary, ability, codes } of able) {
    const stored = admitted.includes(binary) ? 'may be stored' : 'refused when stored';
    console.log(`  ${ability} ${binary} (${stored}): ${codes.join(' | ')}`);
  }
}
process.exitCode = failures > 0 ? 1 : 0;
