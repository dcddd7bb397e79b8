// The presets that a policy file names, as rules that stand behind its own. A preset is a policy
// file itself; how one is read is given by the caller.
import type { TestedRule } from './examples.ts';
import { nearestKey } from './nearest.ts';
import { presetNames, presetText } from './presets.ts';
import type { RuleSet, RuleSource } from './rules.ts';

/** What came of reading a preset's text. */
type PresetRead =
  | {
      readonly ok: true;
      readonly file: { readonly rules: RuleSet; readonly tested: readonly TestedRule[] };
    }
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      readonly tested?: readonly TestedRule[];
    };

interface PresetRules {
  readonly sources: RuleSource[];
  /** What the presets said, for the version of the rules. */
  readonly texts: string[];
  readonly problems: string[];
  readonly tested: TestedRule[];
}

/** The rules of these presets, and every mistake in their names or in themselves. */
export function readPresets(
  names: readonly string[],
  where: (path: readonly PropertyKey[]) => string,
  read: (text: string, name: string) => PresetRead,
): PresetRules {
  const found: PresetRules = { sources: [], texts: [], problems: [], tested: [] };
  const known = names.length === 0 ? [] : presetNames();
  names.forEach((name, i) => {
    const at = where(['presets', i]);
    if (!known.includes(name)) {
      const meant = nearestKey(name, known);
      const hint = meant === null ? `there are ${known.join(', ')}` : `did you mean "${meant}"?`;
      found.problems.push(`${at}: "${name}" is not a preset: ${hint}`);
      return;
    }
    if (names.indexOf(name) < i) {
      found.problems.push(`${at}: the preset "${name}" is named twice: once is enough`);
      return;
    }
    const text = presetText(name);
    const preset = readOnce(name, text, read);
    found.texts.push(text);
    if (preset.ok) {
      const { rules, tested } = preset.file;
      found.sources.push(...rules.rules.map((entry) => ({ ...entry, preset: name })));
      found.tested.push(...tested);
    } else {
      found.problems.push(...preset.problems);
      found.tested.push(...(preset.tested ?? []));
    }
  });
  return found;
}

/** By name; each with the text that it was read from. */
const cache = new Map<string, { readonly text: string; readonly read: PresetRead }>();

/** Hundreds of examples are tried when a preset is read, and it hardly ever changes. */
function readOnce(
  name: string,
  text: string,
  read: (text: string, name: string) => PresetRead,
): PresetRead {
  const known = cache.get(name);
  if (known?.text === text) return known.read;
  const problem = `preset ${name}: a preset names no other presets`;
  const fresh: PresetRead = /^["']?presets\b/m.test(text)
    ? { ok: false, problems: [problem] }
    : read(text, `preset ${name}`);
  cache.set(name, { text, read: fresh });
  return fresh;
}
