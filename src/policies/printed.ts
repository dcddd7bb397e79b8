// What a command prints, where that is plain from its words: `echo 'rm x' | sh` runs rm. Only rules
// that deny look at it; a shell that reads what is printed is never allowed.

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|([ntr\\]))/g,
    (_all, hex?: string, octal?: string, letter?: string) => {
      if (letter !== undefined) return ESCAPES[letter] ?? letter;
      return String.fromCharCode(Number.parseInt(hex ?? octal ?? '0', hex === undefined ? 8 : 16));
    },
  );
}

function echoed(words: readonly string[]): string {
  const start = words.findIndex((word) => !/^-[neE]+$/.test(word));
  const text = start < 0 ? '' : words.slice(start).join(' ');
  const escapes = words.slice(0, Math.max(0, start)).some((word) => word.includes('e'));
  return escapes ? unescaped(text) : text;
}

/** Rounds of a format that are looked at. */
const ROUNDS = 16;

function formatted(given: readonly string[]): string {
  const [format = '', ...values] = given[0] === '--' ? given.slice(1) : given;
  let printed = '';
  for (let round = 0; round < ROUNDS && (round === 0 || values.length > 0); round++) {
    const before = values.length;
    printed += unescaped(format).replace(/%(%|[-+ #0-9.]*[a-zA-Z])/g, (_all, spec: string) =>
      spec === '%' ? '%' : spec === 'b' ? unescaped(values.shift() ?? '') : (values.shift() ?? ''),
    );
    if (values.length === before) break;
  }
  return printed;
}

/** The text, or null where it is not known. `stdin` is what the command is given to read. */
export function printedText(
  texts: readonly (string | null)[],
  stdin: string | null | undefined,
): string | null {
  const words = texts.filter((text): text is string => text !== null);
  const [name, ...rest] = words;
  if (name === undefined || words.length < texts.length) return null;
  if (name === 'echo') return echoed(rest);
  if (name === 'printf') return formatted(rest);
  const copies = name === 'cat' && rest.every((word) => word === '-');
  return copies && typeof stdin === 'string' ? stdin : null;
}
