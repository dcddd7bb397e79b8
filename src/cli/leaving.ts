// Ctrl-C during `run`: what it does to the action, and when the person leaves for good.
import { type Client, Unreachable } from './client.ts';
import type { Interrupt, Terminal } from './terminal.ts';
import { safe } from './told.ts';

const SIGNAL_NUMBERS: Readonly<Record<Interrupt, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** Ctrl-C: the first one takes a pending action back or stops a running one, the second leaves. */
export class Leaving {
  interrupt: Interrupt | null = null;
  readonly #io: Terminal;
  readonly #client: Client;
  readonly #gone = new AbortController();
  readonly #off: () => void;
  #id: string | null = null;
  #stopping: Promise<void> | null = null;

  constructor(io: Terminal, client: Client) {
    this.#io = io;
    this.#client = client;
    this.#off = io.onInterrupt((signal) => {
      if (this.interrupt !== null) this.#gone.abort();
      this.interrupt ??= signal;
      if (this.#id !== null) this.#stopping ??= this.askToStop();
    });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** The action has a name now; a Ctrl-C from before is carried out. */
  async submitted(id: string): Promise<void> {
    this.#id = id;
    if (this.interrupt === null) return;
    this.#stopping ??= this.askToStop();
    await this.#stopping;
  }

  /** Takes the action back, or has its worker stop it. */
  async askToStop(): Promise<void> {
    if (this.#id === null) return;
    try {
      const path = `/v1/actions/${encodeURIComponent(this.#id)}/cancel`;
      const { status, body } = await this.#client.ask('POST', path, { body: {} });
      if (status < 400 && (body as { outcome?: string }).outcome === 'cancelled') return;
      const told = (body as { error?: { message: string }; message?: string }) ?? {};
      const message = told.error?.message ?? told.message ?? 'It could not be stopped.';
      const again = this.interrupt === null ? '' : ' Ctrl-C again leaves it.';
      await this.#io.stderr(`${safe(message)}${again}\n`);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await this.#io.stderr(`It could not be taken back: ${error.message}.\n`);
      this.#gone.abort();
    }
  }

  async settled(): Promise<void> {
    await this.#stopping;
  }

  exitCode(): number {
    return 128 + SIGNAL_NUMBERS[this.interrupt ?? 'SIGINT'];
  }

  dispose(): void {
    this.#off();
  }
}
