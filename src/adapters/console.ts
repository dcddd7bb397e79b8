// The terminal of `countersign start` as a chat: typed lines in, cards out between them. The person
// at this terminal is one fixed sender. End of input and Ctrl-C are told, never acted on.
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from 'node:readline';
import { type Adapter, type Deliver, type Health, PlatformError } from '../bus/adapter.ts';
import type { Clock, RandomBytes } from '../bus/clock.ts';
import type { Card, CardRef, ChatAddress, Identity, InboundMessage } from '../bus/messages.ts';
import type { Marks } from '../guard/marks.ts';
import { fitsTerminal, terminalNews, terminalText } from '../guard/terminal-text.ts';
import { pause } from './pause.ts';

const PLATFORM = 'console';
const CHAT = 'terminal';
const PROMPT = 'countersign> ';
const HISTORY_LINES = 200;
const LINE_LIMIT_CHARS = 16 * 1024;
/** Lines typed or piped faster than they are recorded wait; beyond this, reading pauses. */
const MOST_WAITING = 64;
const REMEMBERED_CARDS = 200;
const WRITE_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

export interface ConsolePorts {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Whether a person types here: prompt, line editing and history. */
  readonly interactive: boolean;
  readonly columns: () => number;
  readonly colour: boolean;
  /** Who the lines are from, such as `console:local`. */
  readonly sender: Identity;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** What is named or kept back in texts besides what nobody can see. */
  readonly marks?: Marks;
  /** Ctrl-C at the prompt. */
  readonly onInterrupt: () => void;
}

/** The adapter of the terminal: platform `console`, one chat, `terminal`. */
export function createConsole(ports: ConsolePorts): Adapter {
  return new Console(ports);
}

class Console implements Adapter {
  readonly platform = PLATFORM;
  readonly #ports: ConsolePorts;
  /** Ids must differ from those of every earlier start. */
  readonly #session: string;
  readonly #shown = new Map<CardRef, string>();
  readonly #waiting: InboundMessage[] = [];
  readonly #ending = new AbortController();
  #reader: Interface | null = null;
  #inputEnded = false;
  #inputProblem: string | null = null;
  #outputProblem: string | null = null;
  #handing: Promise<void> | null = null;
  #events = 0;
  #cards = 0;

  constructor(ports: ConsolePorts) {
    this.#ports = ports;
    this.#session = Buffer.from(ports.random(8)).toString('hex');
  }

  start(deliver: Deliver): Promise<void> {
    const { input, output, interactive, onInterrupt } = this.#ports;
    const reader = createInterface({
      input,
      ...(interactive ? { output } : {}),
      terminal: interactive,
      prompt: PROMPT,
      historySize: HISTORY_LINES,
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    this.#reader = reader;
    output.on('error', this.#outputFailed);
    input.on('error', this.#inputFailed);
    reader.on('line', (line) => this.#typed(line, deliver));
    reader.on('SIGINT', onInterrupt);
    reader.on('close', () => {
      this.#inputEnded = true;
      this.#reader = null;
    });
    if (interactive) reader.prompt();
    return Promise.resolve();
  }

  async send(_to: ChatAddress, card: Card): Promise<CardRef> {
    this.#cards += 1;
    const ref = `${this.#session}-${this.#cards}`;
    const text = this.#rendered(card);
    await this.#print(text);
    this.#remember(ref, text);
    return ref;
  }

  /** What has scrolled by cannot be rewritten: the news is printed below. */
  async edit(_to: ChatAddress, ref: CardRef, card: Card): Promise<void> {
    const text = this.#rendered(card);
    if (this.#shown.get(ref) === text) return;
    await this.#print(terminalNews(card, this.#look()));
    this.#remember(ref, text);
  }

  health(): Promise<Health> {
    const problem = this.#outputProblem ?? this.#inputProblem;
    if (problem !== null) return Promise.resolve({ ok: false, detail: problem });
    const detail = this.#inputEnded ? 'shows cards; its input has ended' : 'reads and shows cards';
    return Promise.resolve({ ok: true, detail });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#waiting.length = 0;
    this.#reader?.close();
    await this.#handing;
    this.#ports.output.off('error', this.#outputFailed);
    this.#ports.input.off('error', this.#inputFailed);
  }

  showsWhole(card: Card): boolean {
    return fitsTerminal(card, this.#ports.columns());
  }

  #rendered(card: Card): string {
    return terminalText(card, this.#look());
  }

  #look() {
    const { columns, colour, marks } = this.#ports;
    return { columns: columns(), colour, ...(marks === undefined ? {} : { marks }) };
  }

  #remember(ref: CardRef, text: string): void {
    this.#shown.delete(ref);
    this.#shown.set(ref, text);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > REMEMBERED_CARDS && oldest !== undefined) this.#shown.delete(oldest);
  }

  #typed(line: string, deliver: Deliver): void {
    if (this.#ending.signal.aborted) return;
    if (this.#ports.interactive) this.#reader?.prompt();
    if (line.trim() === '') return;
    if (line.length > LINE_LIMIT_CHARS) {
      this.#say(`A line may have ${LINE_LIMIT_CHARS} characters; this one was left out.`);
      return;
    }
    this.#events += 1;
    this.#waiting.push({
      eventId: `${this.#session}-${this.#events}`,
      sender: this.#ports.sender,
      senderName: null,
      from: { platform: PLATFORM, chat: CHAT },
      // What a store can hold: with a lone surrogate or NUL every delivery would fail.
      text: line.toWellFormed().replaceAll('\0', '\uFFFD'),
      ref: null,
      replyTo: null,
    });
    if (this.#waiting.length > MOST_WAITING) this.#reader?.pause();
    this.#handing ??= this.#hand(deliver);
  }

  /** Hands the lines over one after the other, each until it is taken. */
  async #hand(deliver: Deliver): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    for (let message = this.#waiting[0]; message !== undefined; message = this.#waiting[0]) {
      try {
        await deliver(message);
        this.#waiting.shift();
        this.#inputProblem = null;
        retryMs = FIRST_RETRY_MS;
      } catch {
        if (this.#ending.signal.aborted) return;
        if (this.#inputProblem === null) this.#say('This could not be recorded yet; trying again.');
        this.#inputProblem = 'a typed line could not be recorded yet; it is tried again';
        await pause(this.#ports.clock, retryMs, this.#ending.signal);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
    this.#handing = null;
    this.#reader?.resume();
  }

  #say(text: string): void {
    // Nobody waits for this line; a failing output is in `health`.
    this.#print(`${text}\n`).catch(() => undefined);
  }

  /** Prints above the prompt and draws the prompt, with what was typed so far, below it. */
  #print(text: string): Promise<void> {
    const { output, interactive } = this.#ports;
    const reader = this.#reader;
    if (interactive && reader !== null) {
      moveCursor(output, 0, -reader.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
      // readline goes up this many rows before it draws: into our card, if it were not told.
      (reader as Interface & { prevRows: number }).prevRows = 0;
    }
    const written = this.#write(text);
    if (interactive) reader?.prompt(true);
    return written;
  }

  #write(text: string): Promise<void> {
    const { output, clock } = this.#ports;
    return new Promise((resolve, reject) => {
      const gone = (why: string) => reject(new PlatformError('unreachable', `the terminal ${why}`));
      if (!output.writable) {
        gone('is closed');
        return;
      }
      const cancel = clock.after(WRITE_TIMEOUT_MS, () =>
        gone('takes no output (Ctrl-Q resumes it)'),
      );
      output.write(text, (error) => {
        cancel();
        if (error) gone(`cannot be written to: ${error.message}`);
        else {
          this.#outputProblem = null;
          resolve();
        }
      });
    });
  }

  // Without a listener the error of a closed terminal would end the program.
  readonly #outputFailed = (error: Error) => {
    this.#outputProblem = `the terminal cannot be written to: ${error.message}`;
  };

  readonly #inputFailed = () => {
    this.#inputEnded = true;
  };
}
