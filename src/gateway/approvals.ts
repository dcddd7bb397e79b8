// Listing and deciding approvals: GET /v1/approvals, POST /v1/approvals/:id/decision.
import { Hono } from 'hono';
import { z } from 'zod';
import { ApprovalState } from '../bus/approval.ts';
import { describeDecided } from '../interlock/describe.ts';
import type { Decided } from '../interlock/interlock.ts';
import { visible } from './actions.ts';
import { approvalForm, errorForm } from './forms.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, readJson } from './request.ts';

const DecisionRequest = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z
    .string()
    .max(2_000)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds a NUL or lone surrogate')
    .optional(),
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

export function approvalRoutes(ports: GatewayPorts) {
  const routes = new Hono<{ Variables: Variables }>();
  const { interlock, people } = ports;

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
    return context.json({ ...approvalForm(approval, people.approvers), output });
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
    const { decision, reason } = await readJson(context, DecisionRequest);
    const approval = await visible(ports, principal, context.req.param('id'));
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
      return context.json({ outcome, message, approval: form });
    }
    const code = codeOf(answer);
    const status = code === 'own-action' ? 403 : code === 'lockdown' ? 423 : 409;
    return context.json({ ...errorForm(code, message), approval: form }, status);
  });

  return routes;
}
