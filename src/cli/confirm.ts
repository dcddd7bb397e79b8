// A yes or no from the person at the terminal; everything but a plain yes is a no.
import { createInterface } from 'node:readline';
import type { Terminal } from './terminal.ts';

/** Asks on standard error; only where `io.isInteractive`. */
export function confirmed(question: string, io: Terminal): Promise<boolean> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: io.stdin, output: io.errorOutput });
    let answer = '';
    lines.once('close', () => resolve(/^y(?:es)?$/i.test(answer.trim())));
    lines.question(`${question} [y/N] `, (text) => {
      answer = text;
      lines.close();
    });
  });
}
