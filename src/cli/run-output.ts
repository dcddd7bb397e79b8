// Where the output of `run` goes: as it comes to standard output and error, or, for `--json`, kept
// for the one document at the end.
import type { ApprovalForm } from '../gateway/forms.ts';
import type { OutputStream } from './follow.ts';
import type { Terminal } from './terminal.ts';

export class RunOutput {
  readonly #io: Terminal;
  readonly #json: boolean;
  readonly #kept: { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }[] = [];

  constructor(io: Terminal, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  /** Passes a piece on. Notices are Countersign's own and go beside the command's errors. */
  async take(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.#json) this.#kept.push({ stream: stream === 'stdout' ? 'stdout' : 'stderr', bytes });
    else if (stream === 'stdout') await this.#io.stdout(bytes);
    else await this.#io.stderr(bytes);
  }

  /** Writes the document, where one is wanted. */
  async finish(approval: ApprovalForm): Promise<void> {
    if (this.#json) await this.document(approval);
  }

  /**
   * `{id, state, exit_code, decision, outcome, stdout, stderr}`. Output that is no UTF-8 is given
   * once more as `stdout_base64`, `stderr_base64`.
   */
  async document(approval: ApprovalForm): Promise<void> {
    const { id, state, decision, outcome } = approval;
    const exitCode = outcome?.exit_code ?? null;
    const texts = { ...this.#text('stdout'), ...this.#text('stderr') };
    const document = { id, state, exit_code: exitCode, decision, outcome, ...texts };
    await this.#io.stdout(`${JSON.stringify(document)}\n`);
  }

  #text(stream: 'stdout' | 'stderr'): Record<string, string> {
    const pieces = this.#kept.filter((piece) => piece.stream === stream);
    const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
    const text = bytes.toString('utf8');
    if (Buffer.from(text).equals(bytes)) return { [stream]: text };
    return { [stream]: text, [`${stream}_base64`]: bytes.toString('base64') };
  }
}
