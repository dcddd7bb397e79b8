// The chat commands as people use them, on the whole control plane.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const POLICIES = `version: 1
rules:
  - allow: date
  - deny: shutdown *
  - ask: npm publish *
    approvals: 2
`;

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane({ policies: POLICIES });
});
afterAll(() => plane.stop());

/** Asks for a line as somebody else and returns the id of the card that comes. */
async function asked(line: string, sender = 'console:eve' as const): Promise<string> {
  await plane.chat.say(`!run ${line}`, { sender });
  const card = await plane.chat.until(({ text }) => text.includes(`\n${line}\n`));
  const id = /^([0-9A-Z]{5}) /.exec(card.text)?.[1];
  if (id === undefined) throw new Error(`no id in ${card.text}`);
  return id;
}

describe('deciding', () => {
  it('approves by id, says so, and edits the card', async () => {
    const id = await asked('make one');
    expect(await plane.chat.ask(`!approve ${id}`)).toMatch(
      new RegExp(`^${id} is approved by console:local at .* It was asked by console:eve; digest `),
    );
    const edit = await plane.chat.until(({ edited, text }) => edited && text.startsWith(id));
    expect(edit.text).toContain(`${id} was approved by console:local`);
  });

  it('tells a second approver who was first, and a contrary one that it is too late', async () => {
    const id = await asked('make two');
    await plane.chat.ask(`!approve ${id}`);
    expect(await plane.chat.ask(`!approve ${id}`, { sender: 'console:ana' })).toMatch(
      /was already approved by console:local at .*\. Nothing changed\./,
    );
    expect(await plane.chat.ask(`!reject ${id}`, { sender: 'console:ana' })).toMatch(
      /^Too late to reject: .* was approved by console:local/,
    );
  });

  it('rejects with a reason, by a unique beginning in small letters', async () => {
    const id = await asked('make three');
    const typed = id.toLowerCase();
    expect(await plane.chat.ask(`!reject ${typed} not today`)).toContain(
      `${id} is rejected by console:local`,
    );
    expect(await plane.chat.ask(`!show ${id}`)).toContain('not today');
  });

  it('takes the card that is answered for the id', async () => {
    const id = await asked('make four');
    const card = await plane.chat.until(
      ({ edited, text }) => !edited && text.includes('make four'),
    );
    expect(await plane.chat.ask('!reject too late at night', { replyTo: card.ref })).toContain(
      `${id} is rejected by console:local`,
    );
  });

  it('lets nobody approve what they asked for themselves', async () => {
    const id = await asked('make five', 'console:local' as never);
    expect(await plane.chat.ask(`!approve ${id}`)).toBe(
      `You asked for ${id} yourself: somebody else must approve it.`,
    );
    expect(await plane.chat.ask(`!approve ${id}`, { sender: 'console:ana' })).toContain('approved');
  });

  it('counts the approvals a rule asks for, each person once', async () => {
    const id = await asked('npm publish --tag next');
    expect(await plane.chat.ask(`!approve ${id}`)).toContain('1 of 2');
    expect(await plane.chat.ask(`!approve ${id}`)).toContain('You have approved');
    expect(await plane.chat.ask(`!approve ${id}`, { sender: 'console:ana' })).toContain(
      `${id} is approved by console:ana`,
    );
  });

  it('refuses to approve what this chat cannot show whole', async () => {
    const id = await asked('make six');
    plane.chat.whole = false;
    expect(await plane.chat.ask(`!approve ${id}`)).toContain('too long to be shown whole here');
    plane.chat.whole = true;
    expect(await plane.chat.ask(`!show ${id}`)).toContain('waits for approval');
  });

  it('needs the role for it', async () => {
    const id = await asked('make seven');
    expect(await plane.chat.ask(`!approve ${id}`, { sender: 'console:eve' })).toBe(
      '!approve needs the role approver; see !whoami.',
    );
  });

  it.each([
    ['!approve', 'Which one?'],
    ['!approve ZZZZZ', 'There is no approval ZZZZZ'],
    ['!approve !!!', 'There is no approval !!!'],
    ['!approve AAAAA BBBBB', 'Nothing was approved'],
    ['!frobnicate', 'There is no !frobnicate. See !help.'],
  ])('answers %s with what to do', async (typed, answer) => {
    expect(await plane.chat.ask(typed)).toContain(answer);
  });
});

describe('rules from the chat', () => {
  it('are in force at once, in the file, and can be taken back', async () => {
    expect(await plane.chat.ask('!allow uname -a')).toContain('is in force: allow: uname -a');
    expect(await plane.chat.ask('!run uname -a', { sender: 'console:eve' })).toContain(
      'allowed by policy',
    );
    const file = await readFile(join(plane.dataDir, 'etc', 'policies.yaml'), 'utf8');
    expect(file).toContain('allow: uname -a');
    const number = /(\d+)\. allow: uname -a/.exec(await plane.chat.ask('!policies'))?.[1];
    expect(await plane.chat.ask(`!forget ${number}`)).toContain('Removed: allow: uname -a');
    const id = await asked('uname -a');
    expect(id).toHaveLength(5);
  });

  it('deny beats allow', async () => {
    const shown = await plane.chat.ask('!allow git *');
    await plane.chat.ask(/!confirm \w+/.exec(shown)?.[0] ?? '');
    expect(await plane.chat.ask('!run git status', { sender: 'console:eve' })).toContain('allow');
    await plane.chat.ask('!deny git push *');
    expect(await plane.chat.ask('!run git push origin', { sender: 'console:eve' })).toContain(
      'denied by policy',
    );
  });

  it('!allow * is refused, with the reason', async () => {
    expect(await plane.chat.ask('!allow *')).toContain('The rule was not added');
  });

  it('!deny with the id of a pending approval rejects it', async () => {
    const id = await asked('make eight');
    expect(await plane.chat.ask(`!deny ${id}`)).toContain(`${id} is rejected by console:local`);
    const other = await asked('make eight and a half');
    expect(await plane.chat.ask(`!deny ${other} because of the hour`)).toMatch(
      new RegExp(`^${other} is rejected by console:local at .*: of the hour\\.`),
    );
    expect(await plane.chat.ask('!policies')).not.toContain(id);
  });
});

describe('lockdown', () => {
  it('stops everything, and lifting it takes a fresh code', async () => {
    const waiting = await asked('make nine');
    const released = await asked('make ten');
    await plane.chat.ask(`!approve ${released}`);
    expect(await plane.chat.ask('!lockdown intruder', { sender: 'console:ana' })).toContain(
      'Lockdown.',
    );
    expect(await plane.chat.ask(`!show ${released}`)).toContain('revoked by console:ana');
    expect(await plane.chat.ask(`!approve ${waiting}`)).toContain('stays pending: lockdown by');
    expect(await plane.chat.ask('!run date', { sender: 'console:eve' })).toContain('intruder');
    expect(await plane.chat.ask('!status')).toContain('LOCKDOWN');
    expect(await plane.chat.ask('!unlock', { sender: 'console:ana' })).toContain('role owner');

    plane = await plane.restart();
    expect(await plane.chat.ask('!unlock 00000')).toContain('To lift it send');
    const code = /!unlock ([0-9A-Z]{5})/.exec(await plane.chat.ask('!unlock'))?.[1];
    expect(await plane.chat.ask(`!unlock ${code}`)).toContain('is lifted');
    expect(await plane.chat.ask(`!approve ${waiting}`)).toContain('is approved');
  });

  it('!deny * is the lockdown', async () => {
    expect(await plane.chat.ask('!deny * because of an intruder')).toContain('Lockdown.');
    expect(await plane.chat.ask('!status')).toContain('of an intruder');
    const code = /!unlock ([0-9A-Z]{5})/.exec(await plane.chat.ask('!unlock'))?.[1];
    await plane.chat.ask(`!unlock ${code}`);
  });
});

describe('looking', () => {
  it('!whoami, !help and !pending', async () => {
    expect(await plane.chat.ask('!whoami', { sender: 'console:eve' })).toBe(
      'You are console:eve: requester.',
    );
    expect(await plane.chat.ask('!help', { sender: 'console:eve' })).not.toContain('!approve');
    expect(await plane.chat.ask('!help')).toContain('!lockdown [why]');
    const id = await asked('make eleven');
    expect(await plane.chat.ask('!pending')).toContain(`${id}  make eleven  (console:eve; waits`);
    expect(await plane.chat.ask('!history')).toContain(id);
  });
});
