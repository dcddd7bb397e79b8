// `guard check --stdin`: one JSON line in, one out. A line that cannot be read is answered, too:
// with `block`, which is what happens to anything that cannot be inspected.
import { z } from 'zod';
import { type Inspection, SURFACES, type Surface } from './finding.ts';
import { inspect } from './inspect.ts';

const CheckRequest = z.object({
  id: z.union([z.string(), z.number()]),
  input: z.string(),
  surface: z.string().toLowerCase().pipe(z.enum(SURFACES)).optional(),
});

const RequestId = z.object({ id: z.union([z.string(), z.number()]) });

/**
 * Answers one line; `surface` is for lines that name none. Shape and order are a stable contract.
 */
export function checkLine(line: string, surface: Surface): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(null, `this line is not JSON: ${why}`);
  }
  const parsed = CheckRequest.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the line'}: ${issue.message}`,
    );
    return refusal(RequestId.safeParse(value).data?.id ?? null, issues.join('; '));
  }
  const { id, input } = parsed.data;
  return answer(id, inspect(input, parsed.data.surface ?? surface));
}

/** The answer to a line that could not be read. */
export function refusal(id: string | number | null, reason: string): string {
  const finding = {
    kind: 'failure',
    severity: 'block',
    at: 0,
    length: 0,
    codePoint: null,
    reason,
  } as const;
  return answer(id, { verdict: 'block', findings: [finding] });
}

function answer(id: string | number | null, { verdict, findings }: Inspection): string {
  return JSON.stringify({ id, verdict, findings });
}
