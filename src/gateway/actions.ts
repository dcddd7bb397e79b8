// Submitting and following actions: POST /v1/actions, GET /v1/actions/:id, its events, cancelling.
import { Hono } from 'hono';
import { z } from 'zod';
import { type Approval, FINAL_STATES, type OutputChunk } from '../bus/approval.ts';
import { describeDecided } from '../interlock/describe.ts';
import { ActionRequest } from '../interlock/intake.ts';
import type { Principal } from './authentication.ts';
import { approvalForm, type EventForm } from './forms.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, readJson } from './request.ts';

const LONGEST_WAIT_S = 300;
const STREAM_BEAT_MS = 15_000;

const CancelRequest = z.strictObject({ reason: z.string().max(2_000).optional() });
const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/);

export function actionRoutes(ports: GatewayPorts) {
  const routes = new Hono<{ Variables: Variables }>();
  const { interlock, people } = ports;

  routes.post('/', async (context) => {
    const principal = context.get('principal');
    if (principal.role === 'worker') fail(403, 'role', 'A worker token cannot submit actions.');
    const request = await readJson(context, ActionRequest);
    const key = context.req.header('idempotency-key');
    if (key !== undefined && !IdempotencyKey.safeParse(key).success) {
      fail(400, 'idempotency_key', 'Idempotency-Key must be 1 to 200 visible ASCII characters.');
    }
    const intake = await ports.intake(request, {
      requester: principal.identity,
      origin: null,
      idempotencyKey: key ?? null,
    });
    if (!intake.ok) {
      fail(intake.tooLarge ? 413 : 422, 'invalid_action', `Not taken: ${intake.problem}.`);
    }
    const submitted = await interlock.submit(intake.submission);
    if (submitted.kind === 'key-reused') {
      const message = `This Idempotency-Key was used for another action, ${submitted.approval.id}.`;
      fail(409, 'idempotency_key_reused', message);
    }
    const form = approvalForm(submitted.approval, people.approvers);
    const covered = intake.workspace.covered || request.cwd === undefined;
    const notice = covered
      ? null
      : `${request.cwd} is not in a configured workspace: it runs in ${intake.workspace.cwd}`;
    return context.json({ ...form, notice }, submitted.kind === 'new' ? 202 : 200);
  });

  routes.get('/:id', async (context) => {
    const wait = z.coerce
      .number()
      .min(0)
      .safeParse(context.req.query('wait') ?? '0');
    if (!wait.success) fail(400, 'wait', 'wait must be a number of seconds.');
    let approval = await visible(ports, context.get('principal'), context.req.param('id'));
    const until = ports.clock.now() + Math.min(wait.data, LONGEST_WAIT_S) * 1000;
    const { signal } = context.req.raw;
    while (!FINAL_STATES.has(approval.state) && !signal.aborted) {
      const leftMs = until - ports.clock.now();
      if (leftMs <= 0) break;
      const change = interlock.changes.next(approval.id, leftMs, signal);
      approval = (await interlock.ports.ledger.get(approval.id)) ?? approval;
      if (FINAL_STATES.has(approval.state)) break;
      await change;
      approval = (await interlock.ports.ledger.get(approval.id)) ?? approval;
    }
    return context.json(approvalForm(approval, people.approvers));
  });

  routes.get('/:id/events', async (context) => {
    const approval = await visible(ports, context.get('principal'), context.req.param('id'));
    const stream = ReadableStream.from(follow(ports, approval, context.req.raw.signal));
    return context.body(stream, 200, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
    });
  });

  routes.post('/:id/cancel', async (context) => {
    const { reason } = await readJson(context, CancelRequest);
    const principal = context.get('principal');
    const approval = await visible(ports, principal, context.req.param('id'));
    if (approval.state === 'running' && approval.requester === principal.identity) {
      ports.runs.requestStop(approval.id);
      const message = `${approval.id} is running; its worker was told to stop it.`;
      return context.json({ outcome: 'stopping', message });
    }
    const answer = await interlock.cancel(approval.id, principal.identity, reason ?? null);
    const message = describeDecided(answer, 'cancel');
    if (answer.kind === 'decided') return context.json({ outcome: 'cancelled', message });
    return fail(409, answer.kind === 'refused' ? answer.refusal : answer.kind, message);
  });

  return routes;
}

/** The approval that this caller may see under this id or unique beginning. */
export async function visible(
  ports: GatewayPorts,
  principal: Principal,
  typed: string,
): Promise<Approval> {
  const resolved = await ports.interlock.resolve(typed);
  if (resolved.kind === 'many') {
    fail(409, 'ambiguous', `${typed} could be ${resolved.ids.join(', ')}. Give more of the id.`);
  }
  const { ledger } = ports.interlock.ports;
  const approval = resolved.kind === 'one' ? await ledger.get(resolved.id) : null;
  if (approval === null || !maySee(principal, approval)) {
    fail(404, 'not_found', `There is no approval ${JSON.stringify(typed)}.`);
  }
  return approval;
}

function maySee(principal: Principal, approval: Approval): boolean {
  if (principal.role === 'worker') return false;
  return (
    principal.local || principal.role === 'approver' || approval.requester === principal.identity
  );
}

// NDJSON lines: each new state, output as it comes, and at last the end. What was sent live is the
// beginning of what is kept, so after the run only the rest of it follows.
async function* follow(
  ports: GatewayPorts,
  first: Approval,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { interlock, people } = ports;
  const line = (event: EventForm) => Buffer.from(`${JSON.stringify(event)}\n`);
  let shownVersion = -1;
  let sentChunks = 0;
  let sentBytes = 0;
  let approval = first;
  while (!signal.aborted) {
    const change = interlock.changes.next(first.id, STREAM_BEAT_MS, signal);
    const live = interlock.changes.liveOutput(first.id);
    for (const { stream, base64 } of live.slice(sentChunks)) {
      sentBytes += Buffer.byteLength(base64, 'base64');
      yield line({ type: 'output', stream, base64 });
    }
    sentChunks = Math.max(sentChunks, live.length);
    approval = (await interlock.ports.ledger.get(first.id)) ?? approval;
    const form = approvalForm(approval, people.approvers);
    if (FINAL_STATES.has(approval.state)) {
      for (const chunk of skipBytes(await interlock.ports.ledger.output(first.id), sentBytes)) {
        yield line({ type: 'output', ...chunk });
      }
      yield line({ type: 'end', approval: form });
      return;
    }
    if (approval.version !== shownVersion) yield line({ type: 'state', approval: form });
    shownVersion = approval.version;
    await change;
  }
}

function* skipBytes(chunks: readonly OutputChunk[], sizeBytes: number): Generator<OutputChunk> {
  let left = sizeBytes;
  for (const { stream, base64 } of chunks) {
    const bytes = Buffer.from(base64, 'base64');
    if (left >= bytes.length) {
      left -= bytes.length;
      continue;
    }
    yield { stream, base64: bytes.subarray(left).toString('base64') };
    left = 0;
  }
}
