// The rules of the file with the live grants on top of them, as one set to judge by. It keeps the
// last few sets, because the same grants judge one action after the other.
import { sha256Hex } from '../bus/action.ts';
import type { Grant } from '../bus/grant.ts';
import { type RuleSet, withGrants } from '../policies/rules.ts';
import { grantRule } from './grants.ts';

/** With and without a grant that the claimed action itself has used up, for a few such actions. */
const SETS_KEPT = 8;

/** The rules by which something is judged: `base` and these grants. */
export type RulesInForce = (base: RuleSet, grants: readonly Grant[]) => RuleSet;

/** Layers grants over rules, and remembers the last few layers of the newest rules. */
export function createRulesInForce(): RulesInForce {
  const sets = new Map<string, RuleSet>();
  let under: RuleSet | null = null;
  return (base, grants) => {
    if (grants.length === 0) return base;
    if (base !== under) sets.clear();
    under = base;
    // What a grant says never changes, and how many uses are left is no matter here.
    const ids = grants.map(({ id }) => id).join(' ');
    const known = sets.get(ids);
    if (known !== undefined) return known;
    const version = sha256Hex(`${base.version} ${ids}`);
    const made = withGrants(base, grants.map(grantRule), version);
    for (const oldest of sets.keys()) {
      if (sets.size < SETS_KEPT) break;
      sets.delete(oldest);
    }
    sets.set(ids, made);
    return made;
  };
}
