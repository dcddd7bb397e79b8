// Programs that are many programs: which of their subcommands a wildcard covers. The facts stand in
// the danger tables; whatever they do not name is refused.
import type { ProgramDanger } from './danger-spec.ts';
import type { ReadWord } from './word.ts';

/** Why the subcommand of this command is not covered, or null. */
export function subcommandDanger(
  name: string,
  spec: ProgramDanger,
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  let i = 1;
  while (spec.flags?.includes(words[i]?.text ?? '')) i++;
  const [sub, verb] = words.slice(i);
  if (sub === undefined) return null;
  const [subText, verbText] = [sub.text ?? '', verb?.text ?? ''];
  const harmless = spec.subcommands ?? [];
  if (harmless.includes(subText)) return null;
  if (spec.looks?.get(subText)?.includes(verbText)) return null;
  if (literal.has(sub)) {
    if (spec.named?.includes(subText) || spec.verbs?.get(subText)?.includes(verbText)) return null;
    const pair = verb !== undefined && literal.has(verb) ? `${subText} ${verbText}` : '';
    if (spec.named?.includes(pair)) return null;
  }
  return `a wildcard on ${name} covers only ${harmless.slice(0, 4).join(', ')} and the like`;
}
