// `countersign doctor`: looks at every part of a set-up and says what to do about what is wrong. It
// mends nothing.
import type { Command } from 'commander';
import { type Finding, lookAtPrograms, lookAtSandbox } from './doctor-machine.ts';
import { lookAtConfig, lookAtData, lookAtService } from './doctor-parts.ts';
import { EXIT } from './exit.ts';
import { dataDirOf, globalsOf, subcommand } from './globals.ts';
import { loadedConfig } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { safe } from './told.ts';

const HELP = `
ok: works; warn: works, but look at it; FAIL: does not work, with what to do.
Exit codes: 0 nothing fails, 1 something does.`;

export function registerDoctor(program: Command, io: Terminal): void {
  const command = subcommand(program, 'doctor', 'the health of this set-up, part by part')
    .addHelpText('after', HELP)
    .action(async (_options: unknown, self: Command) => {
      await doctor(self, io);
    });
  withToken(command);
}

async function doctor(command: Command, io: Terminal): Promise<void> {
  const { json } = globalsOf(command);
  const loaded = loadedConfig(command, io);
  const dataDir = dataDirOf(command, io);
  const client = clientOf(command, io);
  const config = loaded.ok ? loaded.config : null;
  const findings: Finding[] = [];
  const parts: (() => Promise<readonly Finding[]>)[] = [
    async () => lookAtPrograms(io),
    () => lookAtData(dataDir, io),
    () => lookAtConfig(loaded, command, io),
    () => lookAtService(client, config, dataDir),
    () => lookAtSandbox(config, io),
  ];
  for (const part of parts) {
    for (const finding of await part()) {
      findings.push(finding);
      // As it comes: some parts take a while.
      if (!json) await io.stdout(`${lineOf(finding)}\n`);
    }
  }
  const fails = findings.filter(({ level }) => level === 'fail').length;
  if (fails > 0) io.setExitCode(EXIT.refused);
  if (json) {
    await io.stdout(`${JSON.stringify({ ok: fails === 0, findings })}\n`);
    return;
  }
  const warnings = findings.filter(({ level }) => level === 'warn').length;
  await io.stdout(`${count(fails, 'failure')}, ${count(warnings, 'warning')}\n`);
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

function lineOf({ level, part, detail }: Finding): string {
  return `${MARKS[level]} ${safe(part)}: ${safe(detail)}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
