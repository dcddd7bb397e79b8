// Talks to the control plane of a data folder over its socket. Knows HTTP and JSON; what an answer
// means is for the commands.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { readConfigFile } from '../config/document.ts';
import type { ErrorForm, EventForm } from '../gateway/forms.ts';
import type { Secret } from '../secrets/secret.ts';
import { CommandFailed, EXIT, type ExitCode } from './exit.ts';

/** What the control plane writes to `gateway.json` when it listens. */
const GatewayFile = z.object({
  pid: z.int().positive(),
  socket: z.string().refine(isAbsolute),
  host: z.string(),
  port: z.int(),
  url: z.string(),
});
export type GatewayFile = z.infer<typeof GatewayFile>;

/** Nobody answers. `mayHaveArrived` is false where the request surely was not received. */
export class Unreachable extends CommandFailed {
  readonly mayHaveArrived: boolean;
  constructor(message: string, mayHaveArrived: boolean) {
    super(EXIT.unreachable, 'unreachable', message);
    this.mayHaveArrived = mayHaveArrived;
  }
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'DELETE';

/** Where the control plane of this folder listens, or throws Unreachable. */
export function readGatewayFile(dataDir: string): GatewayFile {
  const path = join(dataDir, 'gateway.json');
  const read = readConfigFile(path);
  if (!read.ok) {
    if (read.problem === 'there is no such file') throw notRunning(dataDir);
    throw new Unreachable(`${path}: ${read.problem}`, false);
  }
  try {
    return GatewayFile.parse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(read.bytes)),
    );
  } catch {
    const message = `${path} is damaged. Start the control plane again: it writes this file anew`;
    throw new Unreachable(message, false);
  }
}

export class Client {
  readonly dataDir: string;
  readonly #token: Secret | null;

  constructor(dataDir: string, token: Secret | null) {
    this.dataDir = dataDir;
    this.#token = token;
  }

  /** One request; resolves with whatever status was answered, throws Unreachable where none was. */
  async ask(method: Method, path: string, call: Call = {}): Promise<Answer> {
    const response = await this.#send(method, path, call);
    const status = response.statusCode ?? 0;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      throw this.#lost(error, true);
    }
    try {
      return { status, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
    } catch {
      const { socket } = readGatewayFile(this.dataDir);
      throw new Unreachable(`what answers on ${socket} is no Countersign`, true);
    }
  }

  /** One request that must succeed; every refusal is a CommandFailed with the server's words. */
  async expect<T>(method: Method, path: string, call: Call = {}): Promise<T> {
    const answer = await this.ask(method, path, call);
    if (answer.status >= 400) throw refusal(answer);
    return answer.body as T;
  }

  /**
   * The events of one action, as they come. Ends with `end`; throws Unreachable when the connection
   * is lost before.
   */
  async *events(id: string, signal: AbortSignal): AsyncGenerator<EventForm> {
    const path = `/v1/actions/${encodeURIComponent(id)}/events`;
    const response = await this.#send('GET', path, { signal });
    if (response.statusCode !== 200) {
      response.destroy();
      const status = response.statusCode ?? 0;
      if (status >= 500) throw new Unreachable(`the control plane answered ${status}`, true);
      throw refusal(await this.ask('GET', `/v1/actions/${encodeURIComponent(id)}`, { signal }));
    }
    let held: Buffer[] = [];
    try {
      for await (const chunk of response) {
        let rest = chunk as Buffer;
        for (;;) {
          const end = rest.indexOf(0x0a);
          if (end === -1) break;
          const line = Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8');
          held = [];
          rest = rest.subarray(end + 1);
          const event = JSON.parse(line) as EventForm;
          yield event;
          if (event.type === 'end') return;
        }
        if (rest.length > 0) held.push(rest);
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error) throw this.#lost(error, true);
      throw error;
    } finally {
      response.destroy();
    }
    throw new Unreachable('the control plane closed the connection', true);
  }

  #send(method: Method, path: string, call: Call): Promise<IncomingMessage> {
    const { socket } = readGatewayFile(this.dataDir);
    const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body));
    return new Promise((resolve, reject) => {
      let connected = false;
      const outgoing: ClientRequest = httpRequest(
        {
          socketPath: socket,
          method,
          path,
          agent: false,
          headers: {
            host: 'localhost',
            ...(body === null
              ? {}
              : { 'content-type': 'application/json', 'content-length': body.length }),
            ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token.reveal()}` }),
            ...call.headers,
          },
          ...(call.signal === undefined ? {} : { signal: call.signal }),
        },
        resolve,
      );
      outgoing.on('socket', (wire) => wire.once('connect', () => (connected = true)));
      outgoing.on('error', (error) => {
        if (call.signal?.aborted === true) reject(error);
        else reject(this.#lost(error, connected));
      });
      outgoing.end(body ?? undefined);
    });
  }

  #lost(error: unknown, connected: boolean): Unreachable {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (connected) {
      const message = `the connection to the control plane was lost (${code}): look whether it was done before you repeat it`;
      return new Unreachable(message, true);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      const whose = `its socket may only be used by who runs it: run this as that user`;
      return new Unreachable(
        `the control plane for ${this.dataDir} cannot be reached: ${whose}`,
        false,
      );
    }
    return notRunning(this.dataDir);
  }
}

function notRunning(dataDir: string): Unreachable {
  const message = `no control plane is running for ${dataDir}: start one with \`countersign start\``;
  return new Unreachable(message, false);
}

/** An answer that says no, as the error to end with. */
export function refusal(answer: Answer): CommandFailed {
  const { error } = (answer.body ?? {}) as Partial<ErrorForm>;
  const message = error?.message ?? `the control plane answered ${answer.status}`;
  return new CommandFailed(exitOf(answer.status, error?.code), error?.code ?? 'refused', message);
}

function exitOf(status: number, code: string | undefined): ExitCode {
  if (code === 'expired') return EXIT.expired;
  switch (status) {
    case 400:
    case 401:
    case 413:
      return EXIT.usage;
    case 422:
      return code === 'rule_refused' ? EXIT.refused : EXIT.usage;
    case 503:
      return EXIT.unreachable;
    default:
      return EXIT.refused;
  }
}
