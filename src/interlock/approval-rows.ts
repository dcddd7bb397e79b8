// Rows of the store as approvals, whatever version of Countersign wrote them. Reads nothing itself.
import { thawAction } from '../bus/action.ts';
import type { Approval } from '../bus/approval.ts';
import type { approvals } from '../store/schema.ts';

type Row = typeof approvals.$inferSelect;

/** The approval that a row holds; throws where its action is not as it was frozen. */
export function toApproval(row: Row): Approval {
  const { action, digest, judgement, ...rest } = row;
  // Judgements of the first version named neither the rules that decided nor findings.
  const { used = [], findings = [] } = judgement;
  return {
    ...rest,
    judgement: { ...judgement, used, findings },
    frozen: thawAction(action, digest),
  };
}

/** A row as PostgreSQL writes it in JSON: the columns' own names, numbers as numbers. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** The row that such JSON is. */
export function fromJson(row: JsonRow): Row {
  const named = Object.entries(row).map(([column, value]) => [
    column.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named) as Row;
}

/** A row that was tampered with must not hide all the others; asked for by its id it throws. */
export function intactOnly(row: Row): Approval[] {
  try {
    return [toApproval(row)];
  } catch {
    return [];
  }
}
