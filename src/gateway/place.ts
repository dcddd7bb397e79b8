// Where the gateway is found: its socket, and `gateway.json` in the data folder that names it.
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../bus/action.ts';
import { writeFileAtomically } from '../bus/files.ts';
import { type Gateway, GatewayError } from './server.ts';

/** Longest path of a Unix socket on Linux, with its final NUL. */
const SOCKET_PATH_BYTES = 108;

/**
 * The socket's path: in the data folder, or, where that path is longer than the kernel takes, in a
 * folder of ours (0700) below `temporary`.
 */
export async function socketPathFor(
  dataDir: string,
  temporary: string,
  uid: number,
): Promise<string> {
  const usual = join(dataDir, 'gateway.sock');
  if (Buffer.byteLength(usual) < SOCKET_PATH_BYTES) return usual;
  const folder = join(temporary, `countersign-${uid}-${sha256Hex(dataDir).slice(0, 16)}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new GatewayError(`${folder} is not a folder of ours alone: remove it and start again`);
  }
  return join(folder, 'gateway.sock');
}

/** Tells the command line where we listen. */
export async function announceGateway(dataDir: string, gateway: Gateway, pid: number) {
  const { socketPath: socket, host, port } = gateway;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const text = JSON.stringify({ pid, socket, host, port, url });
  await writeFileAtomically(join(dataDir, 'gateway.json'), `${text}\n`, 0o600);
}
