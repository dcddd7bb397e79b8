// Listing and deciding approvals: GET /v1/approvals, POST /v1/approvals/:id/decision.
import { Hono } from 'hono';
import { z } from 'zod';
import { type Approval, ApprovalState } from '../bus/approval.ts';
import { describeDecided } from '../interlock/describe.ts';
import { grantExactly, grantedText, NOT_EXACT } from '../interlock/exact-grants.ts';
import type { Decided } from '../interlock/interlock.ts';
import { visible } from './actions.ts';
import { approvalForm, errorForm } from './forms.ts';
import { Duration } from './policies.ts';
import { grantForm } from './policy-forms.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, readJson } from './request.ts';

const DecisionRequest = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z
    .string()
    .max(2_000)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds a NUL or lone surrogate')
    .optional(),
  /** Allows exactly this from now on, for a time: `1h`. */
  for: Duration.optional(),
});

const Listing = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(ApprovalState))
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** Late is late, whether the clock or the sweep said so first. */
function codeOf(answer: Exclude<Decided, { kind: 'not-found' | 'decided' | 'voted' }>): string {
  if (answer.approval.state === 'expired') return 'expired';
  return answer.kind === 'refused' ? answer.refusal : answer.kind;
}

/** The patterns of exactly this; ends the request where there are none. */
async function exactly(
  decision: 'approve' | 'reject',
  approval: Approval,
  { edits }: GatewayPorts,
): Promise<readonly string[] | null> {
  if (decision === 'reject') {
    fail(422, 'invalid_request', 'Nothing was decided: `for` goes with approving.');
  }
  // What is decided already is answered as ever: too late, or done.
  if (approval.state !== 'pending') return null;
  const patterns = await edits.exactly(approval);
  if (patterns !== null) return patterns;
  return fail(422, 'not_exact', `Nothing was approved: ${NOT_EXACT}.`);
}

export function approvalRoutes(ports: GatewayPorts) {
  const routes = new Hono<{ Variables: Variables }>();
  const { interlock, people, edits } = ports;

  routes.get('/', async (context) => {
    const query = Listing.safeParse(context.req.query());
    if (!query.success) fail(400, 'query', 'Use ?state=pending,running and ?limit=1..500.');
    const principal = context.get('principal');
    if (principal.role === 'worker') fail(403, 'role', 'A worker token cannot list approvals.');
    const seesAll = principal.local || principal.role === 'approver';
    const list = await interlock.ports.ledger.list({
      states: query.data.state ?? null,
      requester: seesAll ? null : principal.identity,
      limit: query.data.limit,
    });
    return context.json({
      approvals: list.map((approval) => approvalForm(approval, people.approvers)),
    });
  });

  routes.get('/:id', async (context) => {
    const approval = await visible(ports, context.get('principal'), context.req.param('id'));
    const output = await interlock.ports.ledger.output(approval.id);
    const bytes = output.map(({ base64 }) => Buffer.from(base64, 'base64'));
    const told = ports.toldOutput(Buffer.concat(bytes).toString('utf8'));
    const form = approvalForm(approval, people.approvers);
    return context.json({ ...form, output, output_text: told.text, remarks: told.remarks });
  });

  routes.post('/:id/decision', async (context) => {
    const principal = context.get('principal');
    if (principal.role !== 'approver') {
      fail(
        403,
        'role',
        'Deciding needs an approver token: use --token-file or COUNTERSIGN_TOKEN. The socket alone cannot approve.',
      );
    }
    const { decision, reason, for: forMs } = await readJson(context, DecisionRequest);
    const approval = await visible(ports, principal, context.req.param('id'));
    const patterns = forMs === undefined ? null : await exactly(decision, approval, ports);
    const answer = await interlock.decide({
      id: approval.id,
      verdict: decision,
      actor: principal.identity,
      reason: reason ?? null,
      via: null,
    });
    const message = describeDecided(answer, decision);
    if (answer.kind === 'not-found') fail(404, 'not_found', message);
    const form = approvalForm(answer.approval, people.approvers);
    const repeated = answer.kind === 'refused' && answer.refusal === 'repeated';
    if (answer.kind === 'decided' || answer.kind === 'voted' || repeated) {
      const outcome = repeated ? 'repeated' : answer.kind;
      if (answer.kind === 'decided' && decision === 'approve') edits.approved(answer.approval);
      if (patterns === null || forMs === undefined || answer.kind !== 'decided') {
        return context.json({ outcome, message, approval: form });
      }
      const { identity } = principal;
      const granted = await grantExactly(edits, approval, patterns, forMs, identity);
      const told = granted.ok
        ? `${message} ${grantedText(approval, granted.grants, forMs)}`
        : `${message} It is not allowed beforehand: ${granted.why}`;
      const grants = granted.ok ? granted.grants.map(grantForm) : [];
      return context.json({ outcome, message: told, approval: form, grants });
    }
    const code = codeOf(answer);
    const status = code === 'own-action' ? 403 : code === 'lockdown' ? 423 : 409;
    return context.json({ ...errorForm(code, message), approval: form }, status);
  });

  return routes;
}
