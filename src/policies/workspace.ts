// Which directories can be somebody's workspace, and what leads out of one. Lexical: it follows no
// symbolic link and looks at no disk.
import { farPaths, leadsUp } from './elsewhere.ts';
import { normalise } from './match-strict.ts';
import { resolvePath } from './paths.ts';
import type { RuleScope } from './rules.ts';

/** Directories that are nobody's workspace, with all below them. */
const SYSTEM =
  /^\/(?:etc|proc|sys|dev|boot|run|s?bin|lib\w*|usr\/(?:s?bin|lib\w*|share|etc)|var\/(?:log|spool|run|db|backups|mail))(?:\/|$)/;
/** Directories that hold workspaces, and are none. */
const HOLDERS = new Set(['/', '/usr', '/usr/local', '/var', '/var/lib', '/opt', '/home', '/root']);

/** Whether the working directory can be a workspace: not the system's, not a whole home. */
export function isWorkspace(scope: RuleScope): boolean {
  const cwd = normalise(scope.cwd);
  return !SYSTEM.test(cwd) && !HOLDERS.has(cwd) && cwd !== scope.home;
}

/** The part of a word that could be a path outside of the working directory, or null. */
export function outsidePath(text: string, scope: RuleScope): string | null {
  if (leadsUp(text)) return text;
  const cwd = normalise(scope.cwd);
  const outside = (path: string) =>
    path.startsWith('~') || !`${resolvePath(path, scope)}/`.startsWith(`${cwd}/`);
  return farPaths(text).find(outside) ?? null;
}
