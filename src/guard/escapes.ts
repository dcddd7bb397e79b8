// The name under which rendering knows where a terminal escape ends; the parser is in ecma48.ts.
export { escapeEnd } from './ecma48.ts';
