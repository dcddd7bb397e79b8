// Which variables may be set before a command that a rule allows. A list of what is harmless, never
// of what is dangerous: every program reads variables that nobody listed.
import type { ReadAssignment } from './read-line.ts';

const HARMLESS = new Set(
  (
    'CI NODE_ENV FORCE_COLOR NO_COLOR CLICOLOR CLICOLOR_FORCE LANG LANGUAGE LC_ALL LC_CTYPE ' +
    'LC_COLLATE LC_MESSAGES LC_NUMERIC LC_TIME LC_MONETARY TZ COLUMNS LINES VERBOSE DEBUG ' +
    'LOG_LEVEL RUST_LOG RUST_BACKTRACE PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONHASHSEED ' +
    'GOOS GOARCH DEBIAN_FRONTEND RAILS_ENV RACK_ENV APP_ENV PORT GIT_OPTIONAL_LOCKS ' +
    'GIT_TERMINAL_PROMPT'
  ).split(/\s+/),
);

/** The names that `for x in ...` and `x=1` may use: short, and no program's own variable. */
const LOCAL = /^[a-z]{1,12}$/;
const LOCAL_BUT_READ = new Set(['path', 'cdpath', 'fpath', 'histchars', 'auto']);

const LOCALE = /^(?:LANG|LC_[A-Z]+)$/;
/** bash reads the bytes of a line by its locale: in GBK a `|` can be half of a character. */
const PLAIN_LOCALE = /^(?:|C|POSIX|(?:C|[a-z]{2,3}_[A-Z]{2})\.(?:UTF-8|utf-?8))$/;

/** Why this assignment is never allowed by the command's rule alone, or null. */
export function assignmentDanger(assignment: ReadAssignment): string | null {
  const { name, value } = assignment;
  if (LOCAL.test(name) && !LOCAL_BUT_READ.has(name)) return null;
  if (!HARMLESS.has(name)) return `it sets ${name}, which can change what programs do`;
  if (value.text === null) return `it sets ${name} to something that is not known before it runs`;
  if (LOCALE.test(name) && !PLAIN_LOCALE.test(value.text)) {
    return `it sets ${name} to a locale that is not UTF-8, in which a line can mean something else`;
  }
  if (!/^[\w.:,@+*-]*$/.test(value.text)) return `it sets ${name} to more than a plain word`;
  return null;
}
