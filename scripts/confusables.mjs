// `node scripts/confusables.mjs FILE`: writes src/guard/confusables-data.ts from Unicode's own
// confusables.txt (UTS #39; https://www.unicode.org/Public/security/, also in the sources of ICU).
// Every mapping of the file is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, ROOT, SetupError } from './setup.mjs';

const COLUMNS = 2000;

/** The mappings of a confusables.txt: code point to the text that it looks like. */
export function readConfusables(text) {
  const version = /^# Version: (\d+\.\d+\.\d+)/m.exec(text)?.[1];
  const date = /^# Date: (\d{4}-\d{2}-\d{2})/m.exec(text)?.[1];
  if (version === undefined || date === undefined) {
    throw new SetupError('This is no confusables.txt of Unicode: its version or date is missing.');
  }
  const mappings = new Map();
  for (const line of text.split('\n')) {
    const found = /^([0-9A-F]{4,6}) ;\t([0-9A-F ]+) ;\tMA\t/.exec(line);
    if (found === null) continue;
    const target = found[2].split(' ').map((code) => Number.parseInt(code, 16));
    mappings.set(Number.parseInt(found[1], 16), target);
  }
  return { version, date, mappings };
}

/** `target:source,difference,...` for each target, in base 36; code points of a target by `+`. */
export function encodeConfusables(mappings) {
  const groups = new Map();
  for (const [source, target] of [...mappings].sort(([a], [b]) => a - b)) {
    const name = target.map((code) => code.toString(36)).join('+');
    groups.set(name, [...(groups.get(name) ?? []), source]);
  }
  return [...groups].map(([name, sources]) => {
    const differences = sources.map((code, index) => code - (sources[index - 1] ?? 0));
    return `${name}:${differences.map((each) => each.toString(36)).join(',')}`;
  });
}

function moduleText({ version, date, mappings }) {
  const lines = [''];
  for (const group of encodeConfusables(mappings)) {
    const last = lines[lines.length - 1];
    if (last.length + group.length + 1 <= COLUMNS) {
      lines[lines.length - 1] = last === '' ? group : `${last} ${group}`;
    } else lines.push(group);
  }
  return `// What looks like what (UTS #39): data only, written by scripts/confusables.mjs from Unicode's
// confusables.txt ${version} of ${date}, ${mappings.size} mappings. Do not edit;
// confusables.ts reads it.
//
${LICENCE.map((line) => `// ${line}`.trimEnd()).join('\n')}

/** The version of Unicode's confusables.txt that this data was made from. */
export const CONFUSABLES_VERSION = '${version}';

/** Groups of \`target:source,difference,...\`, numbers in base 36. */
export const CONFUSABLES: readonly string[] = [
${lines.map((line) => `  '${line}',`).join('\n')}
];
`;
}

const LICENCE = `Copyright © 1991-2024 Unicode, Inc. SPDX-License-Identifier: Unicode-3.0

Permission is hereby granted, free of charge, to any person obtaining a copy of data files
and any associated documentation (the "Data Files") or software and any associated
documentation (the "Software") to deal in the Data Files or Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
and/or sell copies of the Data Files or Software, and to permit persons to whom the Data
Files or Software are furnished to do so, provided that either (a) this copyright and
permission notice appear with all copies of the Data Files or Software, or (b) this
copyright and permission notice appear in associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY RIGHTS.

IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY
CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING
FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA
FILES OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall not be used in
advertising or otherwise to promote the sale, use or other dealings in these Data Files or
Software without prior written authorization of the copyright holder.`.split('\n');

if (process.argv[1] === import.meta.filename) {
  await main(() => {
    const file = process.argv[2];
    if (file === undefined) {
      throw new SetupError('Say which file: node scripts/confusables.mjs confusables.txt');
    }
    const read = readConfusables(readFileSync(file, 'utf8'));
    writeFileSync(join(ROOT, 'src', 'guard', 'confusables-data.ts'), moduleText(read));
    console.log(`Unicode ${read.version}: ${read.mappings.size} mappings.`);
  });
}
