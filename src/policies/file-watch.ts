// Notices that a person has edited a file, and says so once the editor is done. It reads nothing.
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** An editor that truncates and writes is given this long to finish. */
const SETTLE_MS = 30;

/** Watches the file's directory: editors replace the file rather than write into it. */
export class FileWatch {
  readonly #path: string;
  readonly #log: (line: string) => void;
  readonly #changed: () => Promise<void>;
  #watcher: { close(): void } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(path: string, log: (line: string) => void, changed: () => Promise<void>) {
    this.#path = path;
    this.#log = log;
    this.#changed = changed;
  }

  /** Begins to watch; does nothing where it has begun. */
  begin(): void {
    if (this.#ended || this.#watcher !== null) return;
    const name = basename(this.#path);
    try {
      const options = { persistent: false };
      const watcher = watch(dirname(this.#path), options, (_event, changed) => {
        if (changed === null || changed === name) this.#soon();
      });
      watcher.on('error', (error) => {
        this.#log(`policies: ${this.#path} is not watched any more: ${error.message}`);
      });
      this.#watcher = watcher;
    } catch (error) {
      this.#log(`policies: ${this.#path} is not watched: ${String(error)}`);
    }
  }

  end(): void {
    this.#ended = true;
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #soon(): void {
    if (this.#ended) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#changed().catch((error: unknown) => {
        this.#log(`policies: reading ${this.#path} again failed: ${String(error)}`);
      });
    }, SETTLE_MS);
    this.#timer.unref();
  }
}
