// Why a sandbox could not be had, and what to do about it, from what bwrap and the kernel said.
// Pure but for `kernelSettings`, which reads the settings that usually are the cause.
import { readFile } from 'node:fs/promises';

/** Settings of the kernel that keep bubblewrap from working. */
interface KernelSettings {
  readonly unprivilegedUserns: string | null;
  readonly maxUserNamespaces: string | null;
  readonly appArmorRestriction: string | null;
}

export async function kernelSettings(): Promise<KernelSettings> {
  const read = async (path: string) =>
    readFile(`/proc/sys/${path}`, 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
  return {
    unprivilegedUserns: await read('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: await read('user/max_user_namespaces'),
    appArmorRestriction: await read('kernel/apparmor_restrict_unprivileged_userns'),
  };
}

/** How to get the programs that are missing. */
export function installAdvice(missing: readonly string[]): string {
  const debian: Record<string, string> = {
    bwrap: 'bubblewrap',
    perl: 'perl-base',
    mkfifo: 'coreutils',
  };
  const fedora: Record<string, string> = {
    bwrap: 'bubblewrap',
    perl: 'perl-interpreter',
    mkfifo: 'coreutils',
  };
  const packages = (names: Record<string, string>) =>
    [...new Set(missing.map((name) => names[name] ?? (name === 'bash' ? 'bash' : 'util-linux')))]
      .sort()
      .join(' ');
  return (
    `${missing.join(', ')} not found: install with \`apt-get install ${packages(debian)}\` ` +
    `(Debian, Ubuntu) or \`dnf install ${packages(fedora)}\` (Fedora, RHEL)`
  );
}

/** One sentence on what the steps before the action said, with the way out where one is known. */
export function explainFailure(said: string, settings: KernelSettings): string {
  const text = said.trim().split('\n').join('; ') || 'it ended without a word';
  const unreachable = /Can't find source path (.*): Permission denied/.exec(text)?.[1];
  if (unreachable !== undefined) {
    return (
      `the sandbox could not be made: the user of the run cannot reach ${unreachable}: open the ` +
      'directories above it with `chmod o+x`, or leave it out of the readable paths'
    );
  }
  const namespaces = /namespace|uid map|setting up uid|clone|Operation not permitted|loopback/i;
  if (!namespaces.test(text)) return `the sandbox could not be made: ${text}`;
  return `the sandbox could not be made: ${text}. ${namespaceAdvice(settings)}`;
}

function namespaceAdvice(settings: KernelSettings): string {
  if (settings.appArmorRestriction === '1') {
    return (
      'AppArmor restricts user namespaces (Ubuntu 23.10 and later): allow bwrap with a profile ' +
      '(`apt-get install apparmor-profiles` and load bwrap-userns-restrict), or run ' +
      '`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`'
    );
  }
  if (settings.unprivilegedUserns === '0') {
    return 'User namespaces are off: run `sysctl -w kernel.unprivileged_userns_clone=1`';
  }
  if (settings.maxUserNamespaces === '0') {
    return 'User namespaces are off: run `sysctl -w user.max_user_namespaces=15000`';
  }
  return (
    'This usually is a container that may not make namespaces: give it ' +
    '`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`, or run on the host'
  );
}
