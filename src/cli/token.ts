// Where the command line's token comes from: `--token-file`, else COUNTERSIGN_TOKEN (or
// COUNTERSIGN_TOKEN_FILE), else, where one is needed, a person who types it unseen.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readSecretFile, type SecretAnswer } from '../secrets/file.ts';
import { resolveSecret } from '../secrets/reference.ts';
import { Secret } from '../secrets/secret.ts';
import { Client, readGatewayFile } from './client.ts';
import { CommandFailed, EXIT, usage } from './exit.ts';
import { dataDirOf, optionsOf } from './globals.ts';
import type { Terminal } from './terminal.ts';

const TOKEN = /^[\x21-\x7e]{1,512}$/;

/** Adds `--token-file` to a command that talks to the control plane. */
export function withToken(command: Command): Command {
  return command.option('--token-file <file>', 'file with the token (else COUNTERSIGN_TOKEN)');
}

/** A client as whoever runs the command: the requester of the socket unless a token is given. */
export function clientOf(command: Command, io: Terminal): Client {
  return new Client(dataDirOf(command, io), givenToken(command, io));
}

/** A client with an approver's token, asked for on the terminal where none is given. */
export async function approverClientOf(command: Command, io: Terminal): Promise<Client> {
  const token = givenToken(command, io);
  if (token !== null) return new Client(dataDirOf(command, io), token);
  if (!io.isInteractive) {
    throw usage(
      'this needs an approver token: name its file with --token-file, or set COUNTERSIGN_TOKEN',
    );
  }
  // Nobody should type a token into nothing.
  readGatewayFile(dataDirOf(command, io));
  return new Client(dataDirOf(command, io), checked({ ok: true, secret: await typed(io) }));
}

function givenToken(command: Command, io: Terminal): Secret | null {
  const { tokenFile } = optionsOf(command);
  if (typeof tokenFile === 'string') return checked(readSecretFile(resolve(io.cwd(), tokenFile)));
  const named = ['COUNTERSIGN_TOKEN', 'COUNTERSIGN_TOKEN_FILE'];
  if (named.every((name) => io.env[name] === undefined)) return null;
  const cwd = io.env['COUNTERSIGN_TOKEN'] === undefined ? io.cwd() : io.home;
  const sources = { env: io.env, home: io.home, folder: cwd, cwd };
  return checked(resolveSecret({ env: 'COUNTERSIGN_TOKEN' }, sources));
}

function checked(answer: SecretAnswer): Secret {
  if (!answer.ok) throw usage(`the token: ${answer.why}`);
  if (TOKEN.test(answer.secret.reveal())) return answer.secret;
  throw usage('the token holds blanks or characters that no token has: is it the right file?');
}

/** Reads one line without showing it. */
async function typed(io: Terminal): Promise<Secret> {
  const { stdin } = io;
  // Before the prompt: what is typed the moment it shows must not be seen.
  stdin.setRawMode?.(true);
  try {
    await io.stderr('Approver token: ');
    return new Secret(await readUnseen(io));
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    await io.stderr('\n');
  }
}

function readUnseen({ stdin }: Terminal): Promise<string> {
  return new Promise((resolveWith, reject) => {
    let text = '';
    const finish = (settle: () => void) => {
      stdin.off('data', take);
      stdin.off('end', ended);
      settle();
    };
    const take = (chunk: Buffer | string) => {
      for (const char of chunk.toString()) {
        if (char === '\r' || char === '\n') return finish(() => resolveWith(text));
        if (char === '\x03') return finish(() => reject(interrupted()));
        if (char === '\x04') return finish(() => resolveWith(text));
        if (char === '\x7f' || char === '\b') text = text.slice(0, -1);
        else if (char === '\x15') text = '';
        else text += char;
      }
      return undefined;
    };
    const ended = () => finish(() => resolveWith(text));
    stdin.on('data', take);
    stdin.on('end', ended);
    stdin.resume();
  });
}

function interrupted(): CommandFailed {
  return new CommandFailed(EXIT.interrupted, 'interrupted', 'no token was given: nothing was done');
}
