// The rules over HTTP: GET, POST and DELETE /v1/policies, the same edits as `!allow` and `!forget`.
import { Hono } from 'hono';
import { z } from 'zod';
import { Effect } from '../bus/messages.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, readJson } from './request.ts';

const NewRule = z.strictObject({ effect: Effect, pattern: z.string().min(1).max(4_096) });

export function policyRoutes(ports: GatewayPorts) {
  const routes = new Hono<{ Variables: Variables }>();
  const { book, interlock } = ports;

  routes.get('/', (context) =>
    context.json({
      version: book.current().version,
      problem: book.problem(),
      rules: book.list(),
    }),
  );

  routes.post('/', async (context) => {
    const principal = context.get('principal');
    if (principal.role !== 'approver') editNeedsApprover();
    const { effect, pattern } = await readJson(context, NewRule);
    const added = await book.add(effect, pattern);
    if (!added.ok) fail(422, 'rule_refused', `The rule was not added: ${added.why}`);
    if (!added.already) {
      await interlock.record('policy.added', principal.identity, {
        rule: added.entry.written,
        version: book.current().version,
      });
    }
    return context.json({ rule: added.entry, already: added.already });
  });

  routes.delete('/:which', async (context) => {
    const principal = context.get('principal');
    if (principal.role !== 'approver') editNeedsApprover();
    const removed = await book.remove(context.req.param('which'));
    if (!removed.ok) fail(404, 'no_such_rule', `Nothing was removed: ${removed.why}`);
    await interlock.record('policy.removed', principal.identity, {
      rule: removed.entry.written,
      version: book.current().version,
    });
    return context.json({ rule: removed.entry });
  });

  return routes;
}

function editNeedsApprover(): never {
  fail(
    403,
    'role',
    'Editing policies needs an approver token: use --token-file or COUNTERSIGN_TOKEN.',
  );
}
