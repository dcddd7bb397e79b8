// The control plane in this process, with a chat that the test speaks in: everything real except
// the person. Used where a test is about commands and routes, not about processes.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp } from '../src/app.ts';
import type { Adapter, Deliver } from '../src/bus/adapter.ts';
import { type Clock, systemClock, systemRandom } from '../src/bus/clock.ts';
import type { Card, CardRef, ChatAddress, Identity } from '../src/bus/messages.ts';
import { loadConfig } from '../src/config/load.ts';
import { makeDataDir } from './services.ts';

/** What the chat was told: a new message, or an edit of one. */
export interface Shown {
  readonly ref: CardRef;
  readonly edited: boolean;
  readonly replyTo: CardRef | null;
  readonly card: Card;
  readonly text: string;
}

const PATIENCE_MS = 15_000;

/** A chat whose other side is the test. */
export class ScriptedChat implements Adapter {
  readonly platform = 'console';
  readonly shown: Shown[] = [];
  /** Throws instead of sending, while it is set. */
  failure: Error | null = null;
  whole = true;
  #deliver: Deliver = () => Promise.reject(new Error('not started'));
  #listeners = new Set<() => void>();
  /** Ids of a restarted chat are new ones, as a platform's are. */
  readonly #session = randomUUID();
  #events = 0;
  #refs = 0;

  start(deliver: Deliver): Promise<void> {
    this.#deliver = deliver;
    return Promise.resolve();
  }

  send(_to: ChatAddress, card: Card, replyTo?: CardRef): Promise<CardRef> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.#refs += 1;
    const ref = `sent-${this.#refs}`;
    this.#show({ ref, edited: false, replyTo: replyTo ?? null, card, text: cardText(card) });
    return Promise.resolve(ref);
  }

  edit(_to: ChatAddress, ref: CardRef, card: Card): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.#show({ ref, edited: true, replyTo: null, card, text: cardText(card) });
    return Promise.resolve();
  }

  health() {
    return Promise.resolve({ ok: true, detail: 'scripted' });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  showsWhole(): boolean {
    return this.whole;
  }

  /** Delivers a message; `eventId` given twice is the same message again. */
  async say(
    text: string,
    from: { sender?: Identity; eventId?: string; replyTo?: CardRef } = {},
  ): Promise<CardRef> {
    this.#events += 1;
    const eventId = from.eventId ?? `${this.#session}-${this.#events}`;
    const ref = `typed-${eventId}`;
    await this.#deliver({
      eventId,
      sender: from.sender ?? 'console:local',
      senderName: null,
      from: { platform: 'console', chat: 'terminal' },
      text,
      ref,
      replyTo: from.replyTo ?? null,
    });
    return ref;
  }

  /** Says something and returns the text of the answer to it. */
  async ask(text: string, from: { sender?: Identity; replyTo?: CardRef } = {}): Promise<string> {
    const ref = await this.say(text, from);
    return (await this.until((shown) => shown.replyTo === ref)).text;
  }

  /** The first thing shown that satisfies this, from now or before. */
  until(wanted: (shown: Shown) => boolean): Promise<Shown> {
    return new Promise((resolve, reject) => {
      const seen = () => {
        const found = this.shown.find(wanted);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#listeners.delete(seen);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(seen);
        reject(new Error(`not shown in time; shown: ${JSON.stringify(this.shown, null, 1)}`));
      }, PATIENCE_MS);
      this.#listeners.add(seen);
      seen();
    });
  }

  #show(shown: Shown): void {
    this.shown.push(shown);
    for (const listener of [...this.#listeners]) listener();
  }
}

/** All words of a card, a line a block. */
export function cardText(card: Card): string {
  return card.blocks
    .map((block) =>
      block.kind === 'fields'
        ? block.rows.map(([label, value]) => `${label}: ${value}`).join('\n')
        : block.text,
    )
    .join('\n');
}

export interface ControlPlane {
  readonly chat: ScriptedChat;
  readonly dataDir: string;
  readonly url: string;
  readonly socket: string;
  readonly firstToken: string | null;
  readonly logged: string[];
  stop(): Promise<void>;
  /** Stops, and starts again on the same data. */
  restart(): Promise<ControlPlane>;
}

export interface ControlPlaneOptions {
  /** The configuration file's text. */
  readonly config?: string;
  /** The policy file's text. */
  readonly policies?: string;
  readonly withWorkers?: boolean;
  readonly env?: Record<string, string>;
  readonly clock?: Clock;
}

const DEFAULT_CONFIG = `
approvers:
  - { id: console:local, roles: [owner] }
  - { id: console:ana, roles: [approver] }
requesters: ["console:eve"]
`;

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const dataDir = await makeDataDir();
  await mkdir(join(dataDir, 'etc'), { mode: 0o700 });
  const configFile = join(dataDir, 'etc', 'countersign.yaml');
  await writeFile(configFile, `gateway: { port: 0 }\n${options.config ?? DEFAULT_CONFIG}`);
  if (options.policies !== undefined) {
    await writeFile(join(dataDir, 'etc', 'policies.yaml'), options.policies, { mode: 0o600 });
  }
  return open(dataDir, configFile, options);
}

async function open(
  dataDir: string,
  configFile: string,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...options.env };
  const loaded = loadConfig({ path: configFile, env, cwd: dataDir, home: dataDir });
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const chat = new ScriptedChat();
  const logged: string[] = [];
  let firstToken: string | null = null;
  const app = await startApp({
    config: loaded.config,
    source: loaded.source,
    configDigest: loaded.digest,
    dataDir,
    terminal: chat,
    withWorkers: options.withWorkers ?? false,
    host: {
      userId: process.getuid?.() ?? 0,
      groupId: process.getgid?.() ?? 0,
      arch: process.arch,
    },
    path: env.PATH,
    openLog: () => ({
      info: () => undefined,
      warn: (line, error) => void logged.push(error instanceof Error ? `${line}: ${error}` : line),
      flush: () => undefined,
    }),
    logFile: null,
    onTakenOver: (why) => void logged.push(why),
    clock: options.clock ?? systemClock,
    random: systemRandom,
    ready: (parts) => {
      firstToken = parts.firstToken;
      return Promise.resolve();
    },
  });
  const place = JSON.parse(await readFile(join(dataDir, 'gateway.json'), 'utf8')) as {
    url: string;
    socket: string;
  };
  let running = true;
  const stop = async () => {
    if (running) await app.stop();
    running = false;
  };
  return {
    chat,
    dataDir,
    ...place,
    firstToken,
    logged,
    async stop() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
    async restart() {
      await stop();
      return open(dataDir, configFile, options);
    },
  };
}
