// Pure readings of the host: whose ids are free, how owners are mapped, where cgroups may be made,
// and what is advised where a sandbox cannot be had.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownCgroups } from '../../src/workers/cgroup-hierarchies.ts';
import { explainFailure, installAdvice } from '../../src/workers/diagnosis.ts';
import { seccompFilter } from '../../src/workers/seccomp.ts';
import { freeBlock, ownershipMap } from '../../src/workers/slot-ids.ts';

describe('ids for slots', () => {
  it('never clash with an id that somebody has, and lie where nobody else takes any', () => {
    const range = fc.record({
      first: fc.integer({ min: 60_000, max: 61_500 }),
      count: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 64 }),
        fc.array(range),
        (seed, size, taken) => {
          const first = freeBlock(seed, size, taken);
          if (first === null) return;
          expect(first).toBeGreaterThanOrEqual(60_580);
          expect(first + size - 1).toBeLessThanOrEqual(61_183);
          for (let id = first; id < first + size; id += 1) {
            expect(taken.some((other) => id >= other.first && id < other.first + other.count)).toBe(
              false,
            );
          }
        },
      ),
    );
  });

  it('are none where every block is taken', () => {
    expect(freeBlock('seed', 16, [{ first: 60_000, count: 5000 }])).toBeNull();
  });
});

describe('the id map of a mount', () => {
  it.each([
    [0, 60_600, '0 60600 1\n1 1 60599\n60601 60601 4294906694\n'],
    [1000, 60_600, '1000 60600 1\n0 0 1000\n1001 1001 59599\n60601 60601 4294906694\n'],
    [70_000, 60_600, '70000 60600 1\n0 0 60600\n60601 60601 9399\n70001 70001 4294897294\n'],
  ])('owner %i as slot %i, all others as themselves', (owner, slot, text) => {
    expect(ownershipMap(owner, slot)).toBe(text);
  });
});

describe('where cgroups may be made', () => {
  const at = (root: string, path: string, rest: string) =>
    `31 23 0:28 ${root} ${path} rw shared:1 - ${rest}`;

  it('version 2, in this process’s own cgroup', () => {
    const own = ownCgroups(
      at('/', '/sys/fs/cgroup', 'cgroup2 cgroup2 rw'),
      '0::/system.slice/cs.service\n',
    );
    expect(own).toEqual({
      unified: { own: '/sys/fs/cgroup/system.slice/cs.service', top: '/sys/fs/cgroup' },
      legacy: new Map(),
    });
  });

  it('version 1, controller by controller, with names that share a mount', () => {
    const own = ownCgroups(
      [
        at('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
        at('/docker/1', '/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
        at('/', '/sys/fs/cgroup/unified', 'cgroup2 cgroup2 rw'),
      ].join('\n'),
      '9:name=systemd:/\n5:memory:/docker/1/inner\n4:cpu,cpuacct:/a:b\n0::/\n',
    );
    expect(own).toEqual({
      unified: { own: '/sys/fs/cgroup/unified', top: '/sys/fs/cgroup/unified' },
      legacy: new Map([
        ['cpu', '/sys/fs/cgroup/cpu,cpuacct/a:b'],
        ['memory', '/sys/fs/cgroup/memory/inner'],
      ]),
    });
  });

  it('nowhere outside of what is mounted', () => {
    const own = ownCgroups(
      at('/docker/1', '/sys/fs/cgroup', 'cgroup2 cgroup2 rw'),
      '0::/docker/2\n',
    );
    expect(own).toEqual({ unified: null, legacy: new Map() });
  });
});

describe('advice', () => {
  it('names the packages of what is missing', () => {
    expect(installAdvice(['bwrap', 'setpriv', 'unshare', 'perl'])).toBe(
      'bwrap, setpriv, unshare, perl not found: install with ' +
        '`apt-get install bubblewrap perl-base util-linux` (Debian, Ubuntu) or ' +
        '`dnf install bubblewrap perl-interpreter util-linux` (Fedora, RHEL)',
    );
  });

  const settings = {
    unprivilegedUserns: null,
    maxUserNamespaces: '100',
    appArmorRestriction: null,
  };
  const said = 'bwrap: setting up uid map: Permission denied\n';
  it.each([
    [{ appArmorRestriction: '1' }, 'kernel.apparmor_restrict_unprivileged_userns=0'],
    [{ unprivilegedUserns: '0' }, 'sysctl -w kernel.unprivileged_userns_clone=1'],
    [{ maxUserNamespaces: '0' }, 'sysctl -w user.max_user_namespaces=15000'],
    [{}, '--security-opt seccomp=unconfined'],
  ])('names the setting that keeps user namespaces off: %j', (part, advice) => {
    const text = explainFailure(said, { ...settings, ...part });
    expect(text).toContain('setting up uid map: Permission denied');
    expect(text).toContain(advice);
  });
});

describe('the system call filter', () => {
  it.each(['x64', 'arm64'])(
    'of %s is whole instructions, jumps within itself and ends allowing',
    (arch) => {
      const filter = Buffer.from(seccompFilter(arch) ?? []);
      const count = filter.length / 8;
      expect(Number.isInteger(count) && count > 20).toBe(true);
      for (let index = 0; index < count; index += 1) {
        if ((filter.readUInt16LE(index * 8) & 7) !== 5) continue;
        const farthest = Math.max(filter.readUInt8(index * 8 + 2), filter.readUInt8(index * 8 + 3));
        expect(index + 1 + farthest).toBeLessThan(count);
      }
      expect(filter.readUInt32LE(filter.length - 4)).toBe(0x7fff0000);
    },
  );

  it('is none for a processor whose system calls are not listed', () => {
    expect(seccompFilter('s390x')).toBeNull();
  });
});
