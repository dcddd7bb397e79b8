// The data folder before anything is read from it: made private, or refused with the reason.
import { access, chmod, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode, errorLine, StoreError } from './errors.ts';

/** Makes `folder` if need be and sees that it is a folder, ours, usable, and nobody else's. */
export async function prepareDataFolder(
  folder: string,
  options: { log: (line: string) => void },
): Promise<void> {
  await makeFolder(resolve(folder));
  const found = await look(folder);
  if (!found.isDirectory()) {
    throw refuse(folder, 'it is not a folder. Move it aside or choose another data folder');
  }
  // Absent on Windows, where modes and owners say nothing.
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (found.uid !== uid) {
    throw refuse(
      folder,
      `it belongs to user ${found.uid} and this process runs as user ${uid}. Run Countersign as ` +
        'its owner, or choose another data folder',
    );
  }
  if ((found.mode & 0o077) !== 0) {
    try {
      await chmod(folder, 0o700);
    } catch (error) {
      throw refuse(
        folder,
        `others may read it and that cannot be changed (${errorLine(error)}). Run chmod 700 on it`,
      );
    }
    options.log(`the data folder ${folder} was open to other users: its mode is 0700 now`);
  }
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(
      folder,
      `it cannot be read and written (${errorLine(error)}). Run chmod 700 on it`,
    );
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
    // The umask may have taken bits from the mode that we need.
    await chmod(folder, 0o700);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return;
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      await makeFolder(folder);
      return;
    }
    throw refuse(
      folder,
      `it cannot be made (${errorLine(error)}). Make it yourself, or choose another data folder`,
    );
  }
}

async function look(folder: string) {
  try {
    return await stat(folder);
  } catch (error) {
    throw refuse(folder, errorLine(error));
  }
}

function refuse(folder: string, why: string): StoreError {
  return new StoreError('unreadable', `the data folder ${folder} cannot be used: ${why}`);
}
