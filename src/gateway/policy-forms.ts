// The JSON forms of rules, grants and previews. Times are ISO 8601 in UTC.
import type { Grant } from '../bus/grant.ts';
import type { PolicyList } from '../interlock/policy-edits.ts';
import type { RulePreview } from '../policies/preview.ts';

type Listed<Key extends 'rules' | 'grants'> = PolicyList[Key][number];

/** A rule with its use. */
export function ruleForm({ lastUsedAt, ...rule }: Listed<'rules'>) {
  return { ...rule, last_used_at: isoOrNull(lastUsedAt) };
}

/** A grant with what is left of it; with its use, where it is listed. */
export function grantForm(grant: Grant & Partial<Listed<'grants'>>) {
  const { id, effect, pattern, in: cwd, from, on, approvals, dangerous, reason, origin } = grant;
  return {
    id,
    effect,
    pattern,
    written: `${effect}: ${pattern}`,
    in: cwd,
    from,
    on,
    approvals,
    dangerous,
    reason,
    /** The approval that it was made from, or null. */
    origin,
    expires_at: isoOrNull(grant.expiresAt),
    uses_left: grant.usesLeft,
    created_by: grant.createdBy,
    created_at: isoOrNull(grant.createdAt),
    uses: grant.uses ?? 0,
    last_used_at: isoOrNull(grant.lastUsedAt ?? null),
  };
}

/** What a rule would do. */
export interface PreviewForm {
  readonly pattern: string;
  readonly dangerous: boolean;
  readonly means: string | null;
  readonly matches: readonly string[];
  readonly not: readonly string[];
  readonly requests: number;
  readonly matched: readonly string[];
  readonly rejected: readonly string[];
  /** Why it is only stored once it is confirmed. */
  readonly broad: readonly string[];
}

export function previewForm({ meaning, ...preview }: RulePreview): PreviewForm {
  return {
    pattern: preview.pattern,
    dangerous: preview.dangerous,
    means: meaning?.sentence ?? null,
    matches: meaning?.matches ?? [],
    not: meaning?.not ?? [],
    requests: preview.requests,
    matched: preview.matched,
    rejected: preview.rejected,
    broad: preview.broad,
  };
}

function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
