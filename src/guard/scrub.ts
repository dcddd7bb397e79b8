// What a program wrote, made fit to be passed on to chats and agents: terminal escapes gone to a
// fixed point, and secrets masked. For output alone: a command is never changed, and masking must
// never hide what runs.
import { withoutSequences } from './ecma48.ts';

export interface Scrubbed {
  readonly text: string;
  /** How many secrets were masked. */
  readonly masked: number;
}

/** Shorter values are too common to be searched for. */
const SHORTEST_SECRET = 6;

// Tokens that are known by their form. Each is bounded, so that a text of beginnings costs no more.
const FORMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['GitHub token', /(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})/g],
  ['GitLab token', /glpat-[\w-]{20,255}/g],
  ['AWS key id', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['Slack token', /xox[abeoprs]-[\w-]{10,255}/g],
  ['API key', /\bsk-[\w-]{20,255}/g],
  ['Stripe key', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}/g],
  ['Google key', /\bAIza[\w-]{35}|\bya29\.[\w-]{20,2000}/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['PyPI token', /\bpypi-[\w-]{50,1000}/g],
  ['SendGrid key', /\bSG\.[\w-]{22}\.[\w-]{43}/g],
  ['Telegram token', /\b\d{8,10}:[\w-]{35}(?![\w-])/g],
  ['Discord token', /\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}/g],
  ['JWT', /\beyJ[\w-]{10,400}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g],
];
const USER_PASSWORD = /(:\/\/[^\s/:@'"]{1,200}:)([^\s/@'"]{3,200})(@)/g;
const KEY_BEGIN = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/g;
const KEY_END = '-----END ';

/** Scrubs what a program wrote; `secrets` are values that must not be seen, whatever their form. */
export function scrubOutput(text: string, secrets: readonly string[] = []): Scrubbed {
  // First, because an escape in the middle of a secret would hide it.
  let out = withoutSequences(text);
  let masked = 0;
  const mask = (name: string) => {
    masked += 1;
    return `[masked: ${name}]`;
  };
  const values = secrets.filter((value) => value.length >= SHORTEST_SECRET);
  for (const value of values.sort((a, b) => b.length - a.length)) {
    out = out.replaceAll(value, () => mask('secret'));
  }
  out = withoutKeys(out, mask);
  for (const [name, pattern] of FORMS) out = out.replaceAll(pattern, () => mask(name));
  out = out.replaceAll(USER_PASSWORD, (whole, before: string, password: string, after: string) =>
    password.startsWith('[masked') ? whole : before + mask('password') + after,
  );
  return { text: out, masked };
}

/** Private keys whole, also one whose end is missing. */
function withoutKeys(text: string, mask: (name: string) => string): string {
  KEY_BEGIN.lastIndex = 0;
  let out = '';
  let at = 0;
  for (let found = KEY_BEGIN.exec(text); found !== null; found = KEY_BEGIN.exec(text)) {
    const end = text.indexOf(KEY_END, KEY_BEGIN.lastIndex);
    const lineEnd = end === -1 ? -1 : text.indexOf('-----', end + KEY_END.length);
    out += text.slice(at, found.index) + mask('private key');
    at = lineEnd === -1 ? text.length : lineEnd + '-----'.length;
    KEY_BEGIN.lastIndex = at;
  }
  return out + text.slice(at);
}
