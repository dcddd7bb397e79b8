// Right-to-left script in code, so that its pieces are drawn in the order in which they run.
// Readers of such scripts see their words unchanged; marks stand only where code would be moved.

// Blocks of Unicode 16 whose letters run right to left.
const RTL_BLOCK =
  /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const LETTER = /\p{L}/u;
const DIGIT = /\d/;
// What means something to a shell: where these stand between two words, their order matters.
const ACTIVE = /[;|&<>$(){}`'"\\#=]/;

/** Stands where right-to-left text would otherwise draw what follows out of order. */
export const RTL_MARK = '⟨RTL⟩';

/**
 * Code that is drawn left to right as it runs (UAX #9): the Latin letters of a mark settle the
 * direction of a line that would begin right to left, and part right-to-left words from words after
 * shell operators or quotes, and from numbers. `code` must already be made visible.
 */
export function inRunningOrder(code: string): string {
  if (!RTL_BLOCK.test(code)) return code;
  return code.split('\n').map(ordered).join('\n');
}

function ordered(line: string): string {
  if (!RTL_BLOCK.test(line)) return line;
  let out = '';
  // What the text before runs like; at the start, a client takes the direction from what comes.
  let before: 'start' | 'left' | 'right' = 'start';
  let parted = false;
  let active = false;
  for (const char of line) {
    if (LETTER.test(char)) {
      const right = RTL_BLOCK.test(char);
      if (right && (before === 'start' || (before === 'right' && active))) out += RTL_MARK;
      before = right ? 'right' : 'left';
      parted = false;
      active = false;
    } else if (DIGIT.test(char)) {
      if (before === 'right' && parted) {
        out += RTL_MARK;
        before = 'left';
      }
    } else {
      parted ||= char === ' ' || ACTIVE.test(char);
      active ||= ACTIVE.test(char);
    }
    out += char;
  }
  return out;
}
