// The record over HTTP, for whoever may read the data folder anyway (its socket) and for approvers:
// GET /v1/audit and GET /v1/audit/verify. Read only.
import { Hono } from 'hono';
import { z } from 'zod';
import type { AuditRecord } from '../audit/read.ts';
import type { Variables } from './ports.ts';
import { fail } from './request.ts';

const Listing = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
  type: z.string().min(1).max(100).optional(),
  approval: z.string().min(1).max(20).optional(),
});

export function auditRoutes({ record }: { readonly record: AuditRecord }) {
  const routes = new Hono<{ Variables: Variables }>();

  routes.use('*', async (context, next) => {
    const { local, role } = context.get('principal');
    if (role === 'worker' || !(local || role === 'approver')) {
      fail(403, 'role', 'Reading the record needs an approver token or the socket.');
    }
    await next();
  });

  routes.get('/', async (context) => {
    const query = Listing.safeParse(context.req.query());
    if (!query.success) fail(400, 'query', 'Use ?limit=1..10000, ?type=... and ?approval=ID.');
    const { limit, type, approval } = query.data;
    const approvalId = approval?.toUpperCase() ?? null;
    return context.json({ entries: await record.list({ limit, type: type ?? null, approvalId }) });
  });

  routes.get('/verify', async (context) => context.json(await record.verify()));

  return routes;
}
