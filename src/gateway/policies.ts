// The rules over HTTP, the same edits as in a chat: GET, POST and DELETE /v1/policies, and
// POST /v1/policies/preview and /undo. A broad rule is only stored with `confirm: true`.
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { Effect } from '../bus/messages.ts';
import { readDuration } from '../policies/duration.ts';
import type { RuleTerms } from '../policies/rule-terms.ts';
import type { Principal } from './authentication.ts';
import { errorForm } from './forms.ts';
import { grantForm, previewForm, ruleForm } from './policy-forms.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, readJson } from './request.ts';

const Line = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be one line of clean text');

/** `2h`: a time with an end of its own. */
export const Duration = z.string().transform((text, context) => {
  const duration = readDuration(text);
  if (duration.kind === 'ok') return duration.ms;
  const why = duration.kind === 'wrong' ? duration.why : 'write a time such as 30m, 2h or 3d';
  context.addIssue({ code: 'custom', message: why });
  return z.NEVER;
});

const Terms = {
  effect: Effect,
  pattern: z.string().min(1).max(4_096),
  in: Line.regex(/^(?:~$|~\/|\/)/, 'must be an absolute directory, or begin with ~/')
    .refine((text) => !/(?:^|\/)\.\.?(?:\/|$)/.test(text), 'must not hold . or ..')
    .optional(),
  from: Line.regex(/^[a-z*][a-z0-9*-]*:\S+$/, 'must be platform:stable-id').optional(),
  on: Line.regex(/^[a-z*][a-z0-9*-]*$/, 'must be the name of a platform').optional(),
  approvals: z.int().min(1).max(20).optional(),
  reason: Line.optional(),
  /** With an end it is a grant: by time, or by uses. */
  for: Duration.optional(),
  uses: z.int().min(1).max(1_000).optional(),
};

const NewRule = z.strictObject({ ...Terms, confirm: z.boolean().default(false) });
const Preview = z.strictObject(Terms);

export function policyRoutes(ports: GatewayPorts) {
  const routes = new Hono<{ Variables: Variables }>();
  const { book, edits } = ports;

  routes.get('/', async (context) => {
    const { rules, grants, problem } = await edits.list();
    return context.json({
      version: book.current().version,
      problem,
      rules: rules.map(ruleForm),
      grants: grants.map(grantForm),
    });
  });

  routes.post('/', async (context) => {
    const { identity } = editor(context);
    const { confirm, ...given } = await readJson(context, NewRule);
    const terms = termsOf(given);
    const previewed = await edits.preview(terms);
    if (!previewed.ok) fail(422, 'rule_refused', `The rule was not added: ${previewed.why}`);
    const preview = previewForm(previewed.preview);
    if (preview.broad.length > 0 && !confirm) {
      const message = `The rule was not added yet, because it is broad: ${preview.broad.join('; ')}. If that is meant, send it again with "confirm": true (on the command line: --yes).`;
      return context.json({ ...errorForm('confirmation_needed', message), preview }, 409);
    }
    const stored = await edits.store(terms, identity);
    if (!stored.ok) fail(422, 'rule_refused', `The rule was not added: ${stored.why}`);
    return 'grant' in stored
      ? context.json({ rule: null, grant: grantForm(stored.grant), already: false, preview })
      : context.json({ rule: stored.rule, grant: null, already: stored.already, preview });
  });

  routes.post('/preview', async (context) => {
    // It tells of what others asked for.
    if (!context.get('principal').local) editor(context);
    const terms = termsOf(await readJson(context, Preview));
    const previewed = await edits.preview(terms);
    if (!previewed.ok) fail(422, 'rule_refused', `The rule could not be added: ${previewed.why}`);
    return context.json({ preview: previewForm(previewed.preview) });
  });

  routes.post('/undo', async (context) => {
    const undone = await edits.undo(editor(context).identity);
    if (!undone.ok) fail(409, 'nothing_undone', `Nothing was undone: ${undone.why}.`);
    return context.json({ undone: undone.text });
  });

  routes.delete('/:which', async (context) => {
    const { identity } = editor(context);
    const forgotten = await edits.forget(context.req.param('which'), identity);
    if (!forgotten.ok) fail(404, 'no_such_rule', `Nothing was removed: ${forgotten.why}`);
    return 'grant' in forgotten
      ? context.json({ rule: null, grant: grantForm(forgotten.grant) })
      : context.json({ rule: forgotten.rule, grant: null });
  });

  return routes;
}

function termsOf(given: z.output<typeof Preview>): RuleTerms {
  const { effect, pattern, approvals = 1, for: forMs = null, uses = null } = given;
  const { in: cwd = null, from = null, on = null, reason = null } = given;
  return { effect, pattern, in: cwd, from, on, approvals, reason, forMs, uses };
}

function editor(context: Context<{ Variables: Variables }>): Principal {
  const principal = context.get('principal');
  if (principal.role === 'approver') return principal;
  return fail(
    403,
    'role',
    'Editing policies needs an approver token: use --token-file or COUNTERSIGN_TOKEN.',
  );
}
