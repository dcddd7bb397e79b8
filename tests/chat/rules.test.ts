// Editing the policies from a chat, on the whole control plane: what is understood, what must be
// confirmed, what can be taken back, and what is proposed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

const CONFIG = `
approvers:
  - { id: console:local, roles: [owner] }
  - { id: console:ana, roles: [approver] }
  - { id: console:pol, roles: [policy] }
requesters: ["console:eve"]
`;
const EVE = { sender: 'console:eve' } as const;

let plane: ControlPlane;

beforeEach(async () => {
  plane = await startControlPlane({ config: CONFIG, policies: 'version: 1\n' });
});
afterEach(() => plane.stop());

const say = (text: string, from: Parameters<ControlPlane['chat']['ask']>[1] = {}) =>
  plane.chat.ask(text, from);
const policyFile = () => readFile(join(plane.dataDir, 'etc', 'policies.yaml'), 'utf8');

/** Asks for a line as somebody else and returns the id of its newest card. */
async function asked(line: string): Promise<string> {
  const before = plane.chat.shown.length;
  await plane.chat.say(`!run ${line}`, EVE);
  const card = await plane.chat.until(
    (shown) => plane.chat.shown.indexOf(shown) >= before && shown.text.includes(`\n${line}\n`),
  );
  return /^([0-9A-Z]{5}) /.exec(card.text)?.[1] ?? '';
}

const ran = async (line: string) => say(`!run ${line}`, EVE);

describe('a rule', () => {
  it('is answered with how it was understood', async () => {
    expect(await say('!allow npm run test:* because CI runs it')).toBe(
      [
        'Rule 1 is in force: allow: npm run test:*',
        [
          'means: npm run, then a word like test:*, and nothing more',
          'only: everywhere, for everybody',
          'ends: when it is forgotten',
          'because: CI runs it',
          'matches: npm run test:some',
          'but not: npm run test:some more   npm run other',
          'of late: nothing was asked for yet',
        ].join('\n'),
        'Take it back with !undo or !forget 1.',
      ].join('\n'),
    );
    expect(await policyFile()).toContain('- allow: npm run test:*\n    reason: CI runs it\n');
  });

  it('in the form of Claude Code is echoed in ours', async () => {
    expect(await say('!allow Bash(npm run test:*)')).toContain('allow: npm run test *');
  });

  it('keeps its conditions', async () => {
    await say('!allow date from console:ana');
    await say('!ask npm publish by 2 on console');
    expect(await ran('date')).not.toContain('allowed by policy');
    expect(await say('!policies')).toContain('1. allow: date\n   asked by console:ana; never used');
    expect(await say('!policies')).toContain('2. ask: npm publish\n   on console; 2 approvals');
  });

  it('tells which of the newest requests it would have caught', async () => {
    const id = await asked('npm test');
    await say(`!reject ${id} no`);
    const shown = await say('!deny npm *');
    expect(shown).toContain(
      `of late: 1 of the only request so far, one of which was rejected: ${id}`,
    );
  });

  it('needs the role policy, which an approver alone has not', async () => {
    for (const typed of ['!allow date', '!ask date', '!undo', '!forget 1', '!confirm 00000']) {
      expect(await say(typed, { sender: 'console:ana' })).toContain('needs the role policy');
    }
    expect(await say('!allow date', { sender: 'console:pol' })).toContain('Rule 1 is in force');
  });
});

describe('a broad rule', () => {
  it('is stored once the same person confirms it', async () => {
    const shown = await say('!allow git * for 2h');
    expect(shown).toContain('Not stored yet: allow: git *');
    expect(shown).toContain('It is broad: anything may follow git.');
    const confirm = /!confirm \w{5}/.exec(shown)?.[0] ?? '';
    expect(await say('!policies')).toContain('There are no rules');
    expect(await say(confirm, { sender: 'console:pol' })).toContain('Nothing waits for');
    expect(await say(confirm.toLowerCase())).toContain('Grant g1 is in force: allow: git *');
    expect(await say(confirm)).toContain('Nothing waits for');
    expect(await ran('git status')).toContain('allowed by policy');
  });

  it('is one that covers what was rejected', async () => {
    const id = await asked('make deploy');
    await say(`!reject ${id}`);
    const shown = await say('!allow make deploy');
    expect(shown).toContain('It is broad: it covers one request that people rejected.');
    expect(shown).toContain(`one of which was rejected: ${id}`);
  });
});

describe('a grant', () => {
  it('ends by its uses, and is listed with what is left', async () => {
    expect(await say('!allow date uses 2 for 90m')).toContain(
      'ends: in 1 h 30 min, or after 2 uses',
    );
    expect(await ran('date')).toContain('allowed by policy');
    expect(await say('!policies')).toMatch(
      /g1\. allow: date\n {3}1 h (?:29|30) min or 1 use left, by console:local\n {3}used once, last/,
    );
    expect(await ran('date')).toContain('allowed by policy');
    expect((await asked('date')).length).toBe(5);
    expect(await say('!policies')).toContain('There are no rules');
  });

  it('is taken back by its id or its pattern', async () => {
    await say('!allow date for 1h');
    await say('!allow uname for 1h');
    expect(await say('!forget g1')).toContain('Revoked: g1 (allow: date)');
    expect(await say('!forget uname')).toContain('Revoked: g2 (allow: uname)');
    expect((await asked('date')).length).toBe(5);
  });
});

describe('!undo', () => {
  it('goes back through every kind of change', async () => {
    await say('!allow date in /tmp because why not');
    await say('!deny shutdown *');
    await say('!forget 1', { sender: 'console:pol' });
    await say('!allow uname for 1h');
    await say('!forget g1');
    expect(await say('!undo')).toBe('Granted again: g1 (allow: uname), which you had revoked.');
    expect(await say('!policies')).toContain('g1. allow: uname');
    expect(await say('!undo')).toContain('Revoked: g1');
    expect(await say('!undo')).toContain('Put back: allow: date, which console:pol had removed');
    expect(await say('!policies')).toContain('1. allow: date   # why not\n   in /tmp itself');
  });

  it('says what it undid, and whose it was', async () => {
    await say('!allow date in /tmp because why not');
    await say('!deny shutdown *');
    const before = await policyFile();
    await say('!forget 1', { sender: 'console:pol' });
    expect(await say('!undo')).toBe(
      'Put back: allow: date, which console:pol had removed. It is in force again.',
    );
    expect(await policyFile()).toBe(before);
    expect(await say('!undo')).toBe(
      'Removed: deny: shutdown *, which you had added. It is no longer in force.',
    );
    expect(await say('!undo')).toBe(
      'Removed: allow: date, which you had added. It is no longer in force.',
    );
    expect(await say('!undo')).toContain('Nothing was undone');
  });
});

describe('!policies', () => {
  it('pages, and filters by a word', async () => {
    for (let i = 1; i <= 16; i += 1) await say(`!allow tool${i} x`);
    const first = await say('!policies');
    expect(first).toContain('15. allow: tool15 x');
    expect(first).not.toContain('16. allow');
    expect(first).toContain('Page 1 of 2; the next: !policies 2');
    expect(await say('!policies 2')).toContain('16. allow: tool16 x');
    expect(await say('!policies 3')).toContain('There is no page 3: the last one is 2.');
    expect(await say('!policies tool7')).toMatch(/\n7\. allow: tool7 x\n {3}never used$/);
    expect(await say('!policies zebra')).toContain('None of the 16 rules speaks of zebra.');
  }, 30_000);

  it('counts uses', async () => {
    await say('!allow date');
    await ran('date');
    await ran('date');
    expect(await say('!policies')).toMatch(/1\. allow: date\n {3}used 2 times, last \d+ s ago/);
  });
});

describe('!why', () => {
  it('explains a line, and names the narrowest rule for it', async () => {
    await say('!allow git status');
    const shown = await say('!why git status && npm test', EVE);
    expect(shown).toContain('ask: somebody must approve');
    expect(shown).toContain('  allow: git status\n    rule allow: git status');
    expect(shown).toContain('  ask: npm test\n    no rule allows npm test');
    expect(shown).toMatch(
      /To have exactly this run unasked:\n {2}!allow npm test in \/\S+ from console:eve/,
    );
  });

  it('names the rule that stands in the way', async () => {
    await say('!deny shutdown *');
    expect(await say('!why sudo shutdown now', EVE)).toContain(
      'It stays denied while this rule is there:\n  1. deny: shutdown *',
    );
    await say('!ask npm publish by 2');
    expect(await say('!why npm publish', EVE)).toContain(
      'However it is allowed, it is asked while this is there:\n  2. ask: npm publish',
    );
    expect(await say('!why $X', EVE)).toContain('No rule can allow it');
  });

  it('explains an approval by its id, or by its card', async () => {
    const id = await asked('npm test');
    expect(await say(`!why ${id}`, EVE)).toContain(`${id} was judged so`);
    const card = await plane.chat.until(({ text }) => text.startsWith(`${id} waits`));
    expect(await say('!why', { ...EVE, replyTo: card.ref })).toContain(`${id} was judged so`);
  });
});

describe('approving for a time', () => {
  it('is offered on the card, and allows exactly this', async () => {
    const id = await asked('npm test --fast');
    const card = await plane.chat.until(({ text }) => text.startsWith(`${id} waits`));
    expect(card.text).toContain(`allow exactly this for an hour: !approve ${id} for 1h`);
    expect(await say('!approve for 1h', { replyTo: card.ref })).toMatch(
      new RegExp(
        `^${id} is approved by console:local .* Exactly this runs unasked for 1 h, in its directory, for console:eve \\(g1\\)\\. !undo takes it back\\.$`,
      ),
    );
    expect(await ran('npm test --fast')).toContain('allowed by policy');
    expect((await asked('npm test')).length).toBe(5);
    expect(await say('!policies')).toContain(`g1. allow: npm test --fast   # exactly ${id}`);
  });

  it('names the commands of a line that has several', async () => {
    const id = await asked('npm test && make "a b"');
    const card = await plane.chat.until(({ text }) => text.startsWith(`${id} waits`));
    expect(card.text).toContain(
      `Approve, and allow npm test and make "a b" for an hour: !approve ${id} for 1h`,
    );
    expect(await say(`!approve ${id} for 1h`)).toContain(
      'npm test and make "a b" may run unasked for 1 h, in its directory, for console:eve (g1, g2). !forget takes each back.',
    );
  });

  it('is neither offered nor taken where something else makes it ask', async () => {
    await say('!ask git push');
    const id = await asked('git push origin');
    const card = await plane.chat.until(({ text }) => text.startsWith(`${id} waits`));
    expect(card.text).not.toContain('for 1h');
    const refused = await say(`!approve ${id} for 1h`);
    expect(refused).toContain('Nothing was approved: it cannot be allowed beforehand');
    expect(refused).toContain(`To approve it once: !approve ${id}`);
    expect(await say(`!show ${id}`)).toContain('waits for approval');
  });

  it('needs the role policy', async () => {
    const id = await asked('npm test');
    expect(await say(`!approve ${id} for 1h`, { sender: 'console:ana' })).toContain(
      '`for` needs the role policy',
    );
    expect(await say(`!approve ${id} for 2x`)).toContain('write a time such as');
    expect(await say(`!approve ${id}`, { sender: 'console:ana' })).toContain('is approved');
  });
});

describe('the third approval of alike commands', () => {
  const PROPOSED = 'alike commands of console:eve were approved by hand';
  const proposals = () => plane.chat.shown.filter(({ text }) => text.includes(PROPOSED));

  it('brings one proposal, which can be sent as it is', async () => {
    for (const name of ['unit', 'e2e', 'ui']) {
      expect(proposals()).toEqual([]);
      await say(`!approve ${await asked(`npm run test:${name}`)}`);
    }
    const { text } = await plane.chat.until((shown) => shown.text.includes(PROPOSED));
    const line = text.split('\n').at(-1) ?? '';
    expect(line).toMatch(/^!allow npm run test:\* in \/\S+ from console:eve for 8h$/);
    await say(`!approve ${await asked('npm run test:more')}`);
    expect(await say(line)).toContain('Grant g1 is in force: allow: npm run test:*');
    expect(await ran('npm run test:other')).toContain('allowed by policy');
    expect(proposals()).toHaveLength(1);
  });
});
