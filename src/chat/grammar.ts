// What counts as a command: an entire message that starts with `!` and a word. Everything else is
// somebody's text and none of our business (I11).

/** A message read as a command; `rest` is what follows the word, without outer blanks. */
export interface TypedCommand {
  readonly word: string;
  readonly rest: string;
}

// Marks that phones put before text of another direction. Removed around the command's word only:
// what follows is taken as it is.
const DIRECTION_MARKS = '\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff';
const COMMAND = new RegExp(
  `^[ \\t\\r\\n${DIRECTION_MARKS}]*!([A-Za-z]{2,20})[${DIRECTION_MARKS}]*(?:[ \\t\\r\\n]+|$)`,
);
// White space of the shell; others (NBSP and the like) belong to the text.
const OUTER_BLANKS = /^[ \t\r\n]+|[ \t\r\n]+$/g;

/** Null when the text is not a command. */
export function readCommand(text: string): TypedCommand | null {
  const match = COMMAND.exec(text);
  if (match === null || match[1] === undefined) return null;
  return {
    word: match[1].toLowerCase(),
    rest: text.slice(match[0].length).replaceAll(OUTER_BLANKS, ''),
  };
}

/** Splits off the first word of `rest`. */
export function firstWord(rest: string): { readonly word: string; readonly after: string } {
  const match = /^([^ \t\r\n]+)[ \t\r\n]*/.exec(rest);
  if (match?.[1] === undefined) return { word: '', after: '' };
  return { word: match[1], after: rest.slice(match[0].length) };
}
