// Where things lie: the data folder and the configuration file (DESIGN, section 9). Looks, but
// creates nothing.
import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `--data`, else COUNTERSIGN_DATA, else $XDG_STATE_HOME/countersign, else below the home. */
export function resolveDataDir(from: {
  readonly flag: string | null;
  readonly env: Environment;
  readonly home: string;
}): string {
  const chosen = from.flag ?? (from.env['COUNTERSIGN_DATA'] || null);
  if (chosen !== null) return resolve(chosen);
  const state = from.env['XDG_STATE_HOME'];
  // The XDG specification has a relative path be ignored.
  if (state !== undefined && isAbsolute(state)) return join(state, 'countersign');
  return join(from.home, '.local', 'state', 'countersign');
}

/**
 * `--config`, else COUNTERSIGN_CONFIG, else config/countersign.yaml in the working folder where
 * there is one; null means that no file is used. A file that was named is never skipped.
 */
export function resolveConfigPath(from: {
  readonly flag: string | null;
  readonly env: Environment;
  readonly cwd: string;
}): string | null {
  const chosen = from.flag ?? (from.env['COUNTERSIGN_CONFIG'] || null);
  if (chosen !== null) return resolve(from.cwd, chosen);
  const usual = join(from.cwd, 'config', 'countersign.yaml');
  return exists(usual) ? usual : null;
}

/** Whether something is there, be it readable or not. */
export function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // A file that is there but may not be looked at is for the reader to complain about.
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
