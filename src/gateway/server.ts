// The gateway: one API, served on the data folder's socket for the command line and on loopback for
// tokens, with health for whoever watches and webhooks for the platforms.
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono, type MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Adapter } from '../bus/adapter.ts';
import { Limiter } from '../bus/limiter.ts';
import type { Identity } from '../bus/messages.ts';
import { actionRoutes } from './actions.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { authenticate, type KnownToken } from './authentication.ts';
import { errorForm } from './forms.ts';
import { policyRoutes } from './policies.ts';
import type { GatewayPorts, Variables } from './ports.ts';
import { fail, refuseBrowsers } from './request.ts';

const REFUSED_ENTRIES_PER_MINUTE = 6;
const CLOSE_GRACE_MS = 2_000;

export interface GatewayOptions {
  readonly ports: GatewayPorts;
  readonly tokens: readonly KnownToken[];
  /** Who calls over the socket without a token. */
  readonly socketIdentity: Identity;
  readonly socketPath: string;
  readonly host: string;
  readonly port: number;
  readonly adapters: readonly Adapter[];
  readonly log: (line: string, error?: unknown) => void;
}

export interface Gateway {
  readonly socketPath: string;
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The gateway could not listen; its message says what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const local = serverOf(options, true);
  const remote = serverOf(options, false);
  // A long answer (?wait, events) is ours to end, a slow request is not the client's to hold open.
  for (const server of [local, remote]) server.requestTimeout = 60_000;
  await rm(options.socketPath, { force: true });
  await listen(local, { path: options.socketPath }, options);
  await chmod(options.socketPath, 0o600);
  try {
    await listen(remote, { host: options.host, port: options.port }, options);
  } catch (error) {
    await close(local);
    throw error;
  }
  const { port } = remote.address() as AddressInfo;
  return {
    socketPath: options.socketPath,
    host: options.host,
    port,
    async close() {
      await Promise.all([close(local), close(remote)]);
      await rm(options.socketPath, { force: true });
    },
  };
}

function serverOf(options: GatewayOptions, overSocket: boolean): Server {
  // Without options of its own it makes the plain HTTP server that this is.
  return createAdaptorServer({ fetch: api(options, overSocket).fetch }) as Server;
}

function api(options: GatewayOptions, overSocket: boolean) {
  const { ports, tokens, log } = options;
  const app = new Hono<{ Variables: Variables }>();
  const refusals = new Limiter(ports.clock, REFUSED_ENTRIES_PER_MINUTE);
  const names = new Set(['localhost', '127.0.0.1', '[::1]', options.host.toLowerCase()]);

  app.get('/healthz', (context) => context.json({ ok: true }));
  app.get('/readyz', async (context) => {
    const reasons = await ports.notReady();
    const ready = reasons.length === 0;
    const near = overSocket || isLoopback(getConnInfo(context).remote.address);
    return context.json(near ? { ready, reasons } : { ready }, ready ? 200 : 503);
  });

  for (const { webhook } of options.adapters) {
    if (webhook === undefined || overSocket) continue;
    app.post(webhook.path, (context) => webhook.handle(context.req.raw));
  }

  const known: MiddlewareHandler<{ Variables: Variables }> = async (context, next) => {
    if (!overSocket) refuseBrowsers(context, names);
    const identity = overSocket ? options.socketIdentity : null;
    const caller = authenticate(context.req.header('authorization'), tokens, identity);
    if (!caller.ok) {
      if (refusals.take('unauthorised')) {
        await ports.interlock.record('gateway.unauthorised', 'countersign:gateway', {
          why: caller.why,
          path: context.req.path,
        });
      }
      const message =
        caller.why === 'missing'
          ? 'A token is needed: Authorization: Bearer <token>.'
          : 'This token is not known here. Check the file or variable that it comes from.';
      fail(401, 'unauthorised', message);
    }
    context.set('principal', caller.principal);
    await next();
  };
  app.use('/v1/*', known);
  app.use('/metrics', known);
  app.get('/metrics', async (context) =>
    context.text(await ports.metrics.text(), 200, { 'content-type': ports.metrics.contentType }),
  );
  app.route('/v1/actions', actionRoutes(ports));
  app.route('/v1/approvals', approvalRoutes(ports));
  app.route('/v1/policies', policyRoutes(ports));
  app.route('/v1/audit', auditRoutes(ports));
  app.get('/v1/status', async (context) => context.json({ lines: await ports.status() }));

  app.notFound((context) =>
    context.json(
      errorForm('not_found', `There is no ${context.req.method} ${context.req.path}.`),
      404,
    ),
  );
  app.onError(async (error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    log(`${context.req.method} ${context.req.path} failed`, error);
    // What we stand on may be away: then nobody needs to look for the fault in us.
    const away = await ports.notReady();
    if (away.length > 0) {
      const told = `Not possible now: ${away.join('; ')}. Look again when that works.`;
      return context.json(errorForm('unavailable', told), 503);
    }
    const message = 'The fault is on our side; the log has the details. Nothing was decided.';
    return context.json(errorForm('internal', message), 500);
  });
  return app;
}

/** Reasons name parts of the set-up: they are for this machine's own people. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}

function listen(
  server: Server,
  where: { path: string } | { host: string; port: number },
  { log }: GatewayOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
      const advice =
        error.code === 'EADDRINUSE'
          ? 'another program listens there: set gateway.port to another one, or to 0 for any'
          : error.message;
      reject(new GatewayError(`cannot listen on ${place}: ${advice}`));
    });
    server.listen(where, () => {
      server.removeAllListeners('error');
      server.on('error', (error) => log('the gateway had an error', error));
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
}
