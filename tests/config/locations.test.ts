// Where the data folder and the configuration are looked for, first to last.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveConfigPath, resolveDataDir } from '../../src/config/locations.ts';

const home = '/home/me';

test('the data folder: --data, COUNTERSIGN_DATA, XDG_STATE_HOME, below the home folder', () => {
  const env = { COUNTERSIGN_DATA: '/data', XDG_STATE_HOME: '/state' };
  expect([
    resolveDataDir({ flag: '/flag', env, home }),
    resolveDataDir({ flag: null, env, home }),
    resolveDataDir({ flag: null, env: { XDG_STATE_HOME: '/state' }, home }),
    resolveDataDir({ flag: null, env: {}, home }),
    // Set to nothing is not set, and a relative XDG path is to be ignored.
    resolveDataDir({ flag: null, env: { COUNTERSIGN_DATA: '', XDG_STATE_HOME: '' }, home }),
    resolveDataDir({ flag: null, env: { XDG_STATE_HOME: 'state' }, home }),
  ]).toEqual([
    '/flag',
    '/data',
    '/state/countersign',
    '/home/me/.local/state/countersign',
    '/home/me/.local/state/countersign',
    '/home/me/.local/state/countersign',
  ]);
});

test('the configuration: --config, COUNTERSIGN_CONFIG, config/countersign.yaml, none', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'countersign-locations-'));
  try {
    const env = { COUNTERSIGN_CONFIG: 'env.yaml' };
    const found = () => [
      resolveConfigPath({ flag: 'flag.yaml', env, cwd }),
      resolveConfigPath({ flag: null, env, cwd }),
      resolveConfigPath({ flag: null, env: {}, cwd }),
    ];
    const named = [join(cwd, 'flag.yaml'), join(cwd, 'env.yaml')];
    expect(found()).toEqual([...named, null]);
    mkdirSync(join(cwd, 'config'));
    writeFileSync(join(cwd, 'config', 'countersign.yaml'), '');
    expect(found()).toEqual([...named, join(cwd, 'config', 'countersign.yaml')]);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
