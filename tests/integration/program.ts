// The built program in tests: a control plane on a data folder of its own, its terminal, its API
// and the command line against it. Only processes, files and sockets; nothing of src.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { makeDataDir } from '../services.ts';
import { ensureProgram, PROGRAM } from './built.ts';
import { type Ended, Spawned } from './spawned.ts';

// Each of these tests starts several processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

export interface PlaneOptions {
  /** Keys of the configuration that differ from those below. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The policy file beside the configuration. */
  readonly policies?: string;
  /** More arguments of `start`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ApiCall {
  readonly token?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over the socket of the data folder instead of the port. */
  readonly socket?: boolean;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON from outside; tests say what they expect of it.
  readonly body: any;
}

/** A control plane with its folders. `close` ends and removes all of it. */
export class Plane {
  readonly folder: string;
  readonly dataDir: string;
  /** A folder that the configuration covers. */
  readonly workspace: string;
  readonly configFile: string;
  /** Approver tokens, and one of a requester. */
  readonly tokens: Readonly<Record<'alice' | 'bob' | 'agent', string>>;
  readonly #env: Readonly<Record<string, string>>;
  #process: Spawned | null = null;
  #url = '';

  constructor(parts: {
    folder: string;
    dataDir: string;
    tokens: Plane['tokens'];
    env: Readonly<Record<string, string>>;
  }) {
    this.folder = parts.folder;
    this.dataDir = parts.dataDir;
    this.tokens = parts.tokens;
    this.#env = parts.env;
    this.workspace = join(parts.folder, 'work');
    this.configFile = join(parts.folder, 'countersign.yaml');
  }

  get process(): Spawned {
    if (this.#process === null) throw new Error('the control plane is not running');
    return this.#process;
  }

  get url(): string {
    return this.#url;
  }

  /** Starts it on its folder and resolves when it is up. */
  async start(...args: readonly string[]): Promise<void> {
    const words = ['start', '--data', this.dataDir, '--config', this.configFile, ...args];
    this.#process = this.#spawn(words, 'open');
    const up = await this.#process.until(/gateway {8}(http:\S+)[\s\S]*Here: !help/);
    this.#url = up[1] ?? '';
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.process.kill(signal);
  }

  /** Types a line into its terminal and resolves with what is then shown and matches. */
  async say(line: string, pattern: RegExp): Promise<RegExpExecArray> {
    const from = this.process.stdout.length;
    this.process.type(line);
    return this.shows(pattern, from);
  }

  /** Resolves with what its terminal shows and matches, frames and line breaks aside. */
  async shows(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.process.until(pattern, ({ stdout }) =>
      stdout.slice(from).replaceAll(/ *\n[│┃]( {2})?/g, ' '),
    );
  }

  /** A command against it that goes on in the background. */
  cli(
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; cwd?: string; input?: string } = {},
  ): Spawned {
    const [command = '', ...rest] = args;
    const words = [command, '--data', this.dataDir, '--config', this.configFile, ...rest];
    return this.#spawn(words, options.input ?? 'none', options);
  }

  /** A command to its end. */
  async command(
    args: readonly string[],
    options: Parameters<Plane['cli']>[1] = {},
  ): Promise<Ended> {
    return this.cli(args, options).ended();
  }

  /** `run`, and the id of what it waits for. */
  async asks(
    args: readonly string[],
    options: Parameters<Plane['cli']>[1] = {},
  ): Promise<{ readonly id: string; readonly run: Spawned }> {
    const run = this.cli(['run', ...args], options);
    const [, id = ''] = await run.until(/^([0-9A-Z]{5}) waits for approval/m);
    return { id, run };
  }

  /** One request of the API, by default as the approver `alice`. */
  api(method: string, path: string, call: ApiCall = {}): Promise<Answer> {
    const { token = this.tokens.alice, body, headers = {}, socket = false } = call;
    const raw = call.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const target = socket
      ? { socketPath: join(this.dataDir, 'gateway.sock') }
      : { host: '127.0.0.1', port: Number(new URL(this.#url).port) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...target,
          method,
          path,
          agent: false,
          headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({
              status: incoming.statusCode ?? 0,
              body: text === '' ? null : JSON.parse(text),
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(raw);
    });
  }

  /** Asks for an action as the requester `agent`; resolves with its form. */
  async submit(argv: readonly string[], more: Record<string, unknown> = {}) {
    const answer = await this.api('POST', '/v1/actions', {
      token: this.tokens.agent,
      body: { kind: 'exec', argv, cwd: this.workspace, ...more },
    });
    if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    return answer.body as { readonly id: string; readonly state: string };
  }

  async decide(id: string, decision: 'approve' | 'reject', token = this.tokens.alice) {
    return this.api('POST', `/v1/approvals/${id}/decision`, { token, body: { decision } });
  }

  /** How it ended, once it has. */
  async outcome(id: string): Promise<Answer['body']> {
    const { body } = await this.api('GET', `/v1/actions/${id}?wait=25`);
    return body;
  }

  /** A file of the workspace as text; empty where there is none. */
  async fileText(name: string): Promise<string> {
    return readFile(join(this.workspace, name), 'utf8').catch(() => '');
  }

  /** Ends it as Ctrl-C does, if it still runs, and removes its folders. */
  async close(): Promise<void> {
    await this.#process?.kill('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(
    words: readonly string[],
    input: string,
    options: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
  ): Spawned {
    return new Spawned(process.execPath, [PROGRAM, ...words], {
      env: { ...environment(this.folder), ...this.#env, ...options.env },
      cwd: options.cwd ?? this.workspace,
      input,
    });
  }
}

/** This process's environment without what would tell the program where to look. */
export function environment(home: string): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(COUNTERSIGN_(?!TEST_)|VITEST|NODE_OPTIONS|NODE_ENV|XDG_)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home, NO_COLOR: '1', TZ: 'UTC' };
}

/** The folders and the configuration of a control plane, without starting it. */
export async function makePlane(options: PlaneOptions = {}): Promise<Plane> {
  await ensureProgram();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-program-')));
  const embedded = (options.config?.['store'] ?? null) === null;
  const dataDir = embedded ? await makeDataDir() : join(folder, 'data');
  const token = () => randomBytes(24).toString('hex');
  const tokens = { alice: token(), bob: token(), agent: token() };
  const plane = new Plane({ folder, dataDir, tokens, env: options.env ?? {} });
  await mkdir(plane.workspace);
  for (const [name, text] of Object.entries(tokens)) {
    await writeFile(join(folder, `${name}.token`), text, { mode: 0o600 });
  }
  const config = {
    gateway: { port: 0 },
    approvers: [{ id: 'console:local', roles: ['owner'] }],
    tokens: Object.keys(tokens).map((name) => ({
      name,
      role: name === 'agent' ? 'requester' : 'approver',
      secret: { file: `${name}.token` },
    })),
    workspaces: [plane.workspace],
    limits: { messagesPerMinute: 1_000, submissionsPerMinute: 1_000, decisionsPerMinute: 1_000 },
    ...options.config,
  };
  // JSON is YAML.
  await writeFile(plane.configFile, JSON.stringify(config, null, 2));
  if (options.policies !== undefined) {
    await writeFile(join(folder, 'policies.yaml'), options.policies, { mode: 0o600 });
  }
  return plane;
}

/** A control plane that is up. */
export async function startPlane(options: PlaneOptions = {}): Promise<Plane> {
  const plane = await makePlane(options);
  await plane.start(...(options.args ?? []));
  return plane;
}
