// Programs by what they do with what they are given: run it, fetch it, decode it, pass it on. Names
// only; how each is called is read where it matters.

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

export const SHELLS = words('sh bash dash zsh ksh mksh ash fish csh tcsh rbash busybox-sh');
export const POWERSHELLS = words('powershell pwsh powershell.exe pwsh.exe');
/** Run a program given as text; the options that take it. */
export const INTERPRETERS: ReadonlyMap<string, RegExp> = new Map([
  ['python', /^-[a-ln-zA-Z]*c/],
  ['python2', /^-[a-ln-zA-Z]*c/],
  ['python3', /^-[a-ln-zA-Z]*c/],
  ['pypy', /^-[a-ln-zA-Z]*c/],
  ['pypy3', /^-[a-ln-zA-Z]*c/],
  ['perl', /^-[a-ln-zA-HJ-LN-Z0-9]*[eE]/],
  ['ruby', /^-[a-qs-zA-HJ-Z]*e/],
  ['node', /^(?:-[a-zA-Z]*[ep]|--eval|--print)/],
  ['nodejs', /^(?:-[a-zA-Z]*[ep]|--eval|--print)/],
  ['deno', /^eval$/],
  ['bun', /^(?:-e|--eval)/],
  ['php', /^-[rB]/],
  ['lua', /^-e/],
  ['luajit', /^-e/],
  ['tclsh', /^-c$/],
  ['groovy', /^-e/],
  ['Rscript', /^-e/],
  ['osascript', /^-e/],
]);

/** What these write came over the network. */
export const FETCHERS = words(
  `curl wget wget2 http https httpie xh aria2c lynx w3m links fetch iwr irm invoke-webrequest
  invoke-restmethod ssh ftp tftp dig nslookup host drill`,
);
/** A connection that somebody else writes into. */
export const CONNECTORS = words('nc ncat netcat nc.traditional nc.openbsd telnet socat');
/** Given a host, go there. */
export const VISITORS: ReadonlySet<string> = new Set([
  ...[...FETCHERS, ...CONNECTORS],
  ...words(`scp sftp rsync ping ping6 mosh git svn hg docker podman nerdctl pip pip3 pipx npm npx pnpm yarn
    bun cargo go gem nmap traceroute mtr whois openssl mysql psql redis-cli mongosh ab wrk hey youtube-dl
    yt-dlp axel open xdg-open brew helm kubectl skopeo crane ssh-copy-id ssh-keyscan rclone`),
]);

/** Their first operand is what they do. */
export const SUBCOMMANDED = words(
  `git docker podman kubectl npm pnpm yarn apt apt-get systemctl cargo go pip pip3 brew helm terraform gh
  countersign aws gcloud az`,
);

/** Options with a value, by their letters, and how many operands stand before the command. */
interface Wrapper {
  readonly valued: string;
  readonly operands: number;
}

const wrapper = (valued: string, operands = 0): Wrapper => ({ valued, operands });

/** Programs that run the command after them. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
  ['sudo', wrapper('ugpCDhRrtTU')],
  ['doas', wrapper('uC')],
  ['env', wrapper('uC')],
  ['nice', wrapper('n')],
  ['ionice', wrapper('cnpPu')],
  ['timeout', wrapper('ks', 1)],
  ['nohup', wrapper('')],
  ['time', wrapper('fo')],
  ['stdbuf', wrapper('ioe')],
  ['setsid', wrapper('')],
  ['xargs', wrapper('IndPsELaR')],
  ['parallel', wrapper('jIaN')],
  ['command', wrapper('')],
  ['builtin', wrapper('')],
  ['exec', wrapper('a')],
  ['chroot', wrapper('', 1)],
  ['busybox', wrapper('')],
  ['toybox', wrapper('')],
  ['strace', wrapper('opesEuP')],
  ['ltrace', wrapper('opesu')],
  ['watch', wrapper('n')],
  ['taskset', wrapper('', 1)],
  ['chrt', wrapper('', 1)],
  ['flock', wrapper('wE', 1)],
  ['unshare', wrapper('')],
  ['nsenter', wrapper('tSG')],
  ['proxychains', wrapper('f')],
  ['proxychains4', wrapper('f')],
  ['torsocks', wrapper('')],
  ['unbuffer', wrapper('')],
  ['systemd-run', wrapper('pu')],
  ['runuser', wrapper('u')],
]);

/** The name that a program goes by, without its folder. */
export function programName(text: string): string {
  const slash = text.lastIndexOf('/');
  return slash === -1 ? text : text.slice(slash + 1);
}
