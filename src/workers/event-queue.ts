// Hands events from callbacks to one `for await`, in order. Output waits in memory at most up to a
// limit: beyond it the sources are paused, and so, through its pipe, is the action itself.
import type { Socket } from 'node:net';
import type { SandboxEvent } from './sandbox.ts';

const HIGH_WATER_BYTES = 1024 ** 2;

/** A queue with one reader. */
export class EventQueue {
  readonly #sources: Socket[] = [];
  #events: SandboxEvent[] = [];
  #waitingBytes = 0;
  #failure: Error | null = null;
  #ended = false;
  #wake: (() => void) | null = null;
  #discarding = false;

  /** Paused while too much is waiting. */
  attach(source: Socket): void {
    this.#sources.push(source);
  }

  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#discarding) return;
    this.#events.push({ type: 'output', stream, bytes });
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > HIGH_WATER_BYTES) for (const source of this.#sources) source.pause();
    this.#wake?.();
  }

  /** Nobody reads any more: what still comes is dropped, so that its source can end. */
  discard(): void {
    this.#discarding = true;
    this.#events = [];
    for (const source of this.#sources) source.resume();
  }

  /** The last event. */
  end(event: SandboxEvent): void {
    this.#events.push(event);
    this.#ended = true;
    this.#wake?.();
  }

  /** Ends with an error, after what was queued before. */
  fail(error: Error): void {
    this.#failure = error;
    this.#ended = true;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<SandboxEvent> {
    for (;;) {
      const events = this.#events;
      this.#events = [];
      for (const event of events) {
        if (event.type === 'output') this.#waitingBytes -= event.bytes.length;
        yield event;
      }
      if (this.#events.length > 0) continue;
      if (this.#ended) break;
      for (const source of this.#sources) source.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    if (this.#failure !== null) throw this.#failure;
  }
}
