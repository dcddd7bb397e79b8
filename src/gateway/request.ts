// Reading requests strictly: bounded bodies, valid UTF-8, JSON without prototype tricks, and no
// browser that was lured to the loopback address.
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { describeIssues } from '../interlock/intake.ts';
import { errorForm } from './forms.ts';

/** Bytes of one request body; standard input travels in it as base64. */
export const BODY_LIMIT_BYTES = 2 * 1024 * 1024;

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 422 | 423 | 429 | 503;

/** Ends the request with an error in the API's form. */
export function fail(status: Status, code: string, message: string): never {
  throw new HTTPException(status, {
    res: Response.json(errorForm(code, message), {
      status,
      ...(status === 401 ? { headers: { 'WWW-Authenticate': 'Bearer' } } : {}),
    }),
  });
}

/** The body as a value of the schema; an empty body is `{}`. */
export async function readJson<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await readBytes(context);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    fail(400, 'invalid_utf8', 'The body is not valid UTF-8.');
  }
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text, refuseProto);
  } catch (error) {
    fail(400, 'invalid_json', `The body is not JSON: ${(error as Error).message}.`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) fail(422, 'invalid_request', `${describeIssues(parsed.error)}.`);
  return parsed.data;
}

async function readBytes(context: Context): Promise<Uint8Array> {
  const declared = Number(context.req.header('content-length') ?? '0');
  if (declared > BODY_LIMIT_BYTES) tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const body = context.req.raw.body;
  if (body === null) return new Uint8Array();
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_LIMIT_BYTES) tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): never {
  fail(
    413,
    'too_large',
    `The body has more than ${BODY_LIMIT_BYTES} bytes. Nothing was submitted.`,
  );
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('the key __proto__ is not allowed');
  return value;
}

/**
 * Refuses what a web page could send: a request with an Origin, or one for a host name that is not
 * ours (DNS rebinding). `names` are the host names we answer to.
 */
export function refuseBrowsers(context: Context, names: ReadonlySet<string>): void {
  if (context.req.header('origin') !== undefined) {
    fail(403, 'browser', 'Requests from web pages are not taken.');
  }
  const host = context.req.header('host') ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!names.has(name)) {
    fail(421, 'unknown_host', `This gateway does not answer for the host ${JSON.stringify(name)}.`);
  }
}
