// What stands behind `<` and `>`: which file is opened for a command, and what it is given to read.
// Whatever bash could read otherwise is reported; it judges nothing.
import type { Redirection, Word } from 'unbash';
import type { ReadRedirect } from './read-line.ts';
import { type ReadWord, readWord } from './word.ts';

/** Where problems go: `fail` for what is not read surely, `hazard` for what no rule ever allows. */
interface Reporter {
  fail(why: string): void;
  hazard(why: string): void;
}

/** Reads the redirections of one command; `stdin` is the text of a heredoc or here-string. */
export function readRedirections(
  nodes: readonly Redirection[],
  out: Reporter,
): { redirects: ReadRedirect[]; stdin: string | null | undefined } {
  const redirects: ReadRedirect[] = [];
  let stdin: string | null | undefined;
  for (const node of nodes) {
    if (node.descriptor?.type === 'FileDescriptorVariable') {
      out.hazard('it keeps a file descriptor in a variable');
    }
    if (node.type === 'HereDoc') {
      const plain = node.body.parts === undefined && !node.body.text.includes('\\');
      const inert = node.delimiter?.quoted === true || plain;
      stdin = inert ? node.body.text : null;
    } else if (node.target === undefined) {
      out.fail('a redirection without a target');
    } else if (node.type === 'HereString') {
      stdin = readWord(node.target, out.fail).text;
    } else {
      const redirect = readRedirect(node, node.target, out);
      if (redirect !== null) redirects.push(redirect);
      if (redirect?.access === 'read') stdin = null;
    }
  }
  return { redirects, stdin };
}

/** Null for the few redirections that are harmless. */
function readRedirect(
  node: Extract<Redirection, { type: 'Redirect' }>,
  targetNode: Word,
  out: Reporter,
): ReadRedirect | null {
  const target = readWord(targetNode, out.fail);
  const fd = node.descriptor?.type === 'FileDescriptor' ? node.descriptor.value : null;
  const written = `${fd ?? ''}${node.operator} ${targetNode.text}`;
  const duplicates = node.operator === '>&' || node.operator === '<&';
  // bash takes quotes off such a target twice: `>&'a\\'` writes a.
  const plain = /^(?!-.)[\w.,:/~@%+=-]+$/.test(targetNode.text);
  if (duplicates && !plain) out.fail(`a redirection to ${targetNode.text}`);
  if (node.operator === '>&' && ((fd === 2 && target.text === '1') || isToStderr(fd, target))) {
    return null;
  }
  const toNull = target.text === '/dev/null' && (fd === null || fd === 1 || fd === 2);
  if (toNull && (node.operator === '>' || node.operator === '&>')) return null;
  if (duplicates && (fd !== null || /^(\d+-?|-)$/.test(targetNode.text))) {
    out.hazard(`it moves file descriptors: ${written}`);
    return null;
  }
  return { access: node.operator === '<' ? 'read' : 'write', target, written };
}

function isToStderr(fd: number | null, target: ReadWord): boolean {
  return (fd === null || fd === 1) && target.text === '2';
}
