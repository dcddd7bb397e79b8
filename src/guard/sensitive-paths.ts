// Which files hold secrets, which ones run later by themselves, and which places are the system's.
// By name alone: the file system is not asked.

const EXAMPLE = /\.(?:example|sample|template|dist|pub)$/;
const SECRETS = [
  /(?:^|\/)\.ssh\/(?!config$|known_hosts|authorized_keys)[^/]+$/,
  /(?:^|\/)\.(?:ssh|gnupg)\/?\*?$/,
  /(?:^|[/_-])id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /(?:^|\/)\.aws(?:\/(?:credentials|config|\*)?)?$/,
  /(?:^|\/)\.env(?:\.[\w-]+)?$/,
  /(?:^|\/)\.(?:netrc|npmrc|pypirc|git-credentials|pgpass|my\.cnf|vault-token|s3cfg|boto)$/,
  /(?:^|\/)\.(?:bash|zsh|python|mysql|psql|node_repl)_history$/,
  /(?:^|\/)\.(?:docker\/config\.json|kube(?:\/config)?|gnupg(?:\/.*)?)\/?$/,
  /(?:^|\/)\.config\/(?:gcloud|gh)(?:\/.*)?$/,
  /(?:^|\/)(?:\.azure|\.password-store|\.local\/share\/keyrings)(?:\/.*)?$/,
  /^\/etc\/(?:shadow|gshadow|sudoers|passwd|master\.passwd)-?$/,
  /^\/proc\/(?:\*|self|\d+|\$\w+)\/environ$/,
  /(?:^|\/)(?:wallet\.dat|Login Data|Cookies|key4\.db|logins\.json|cookies\.sqlite|keychain-db)$/,
  /\.(?:kdbx|p12|pfx|jks|keystore|ppk)$/,
  /^\/(?:var\/)?run\/secrets(?:\/|$)/,
];

/** Of these a look alone is too much. */
const KEYS = [
  /(?:^|\/)\.(?:ssh|aws|gnupg)\/\*$/,
  /(?:^|[/_-])id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /(?:^|\/)\.aws\/credentials$/,
  /^\/etc\/g?shadow-?$/,
  /(?:^|\/)\.git-credentials$/,
  /^\/proc\/(?:\*|self|1|\$\w+)\/environ$/,
  /^\/var\/run\/secrets\/kubernetes\.io\//,
];

const RUNS_LATER = [
  /(?:^|\/)\.(?:bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|zlogout|kshrc|cshrc|tcshrc|xinitrc|xprofile|xsessionrc)$/,
  /^(?:~|\/home\/[^/]+|\/root|\/Users\/[^/]+)\/\.[\w-]+(?:rc|config|profile)?$/,
  /(?:^|\/)\.ssh\/(?:authorized_keys2?|rc|config|environment)$/,
  /(?:^|\/)\.config\/(?:autostart|systemd\/user|fish\/(?:config\.fish|conf\.d))(?:\/|$)/,
  /(?:^|\/)Library\/Launch(?:Agents|Daemons)(?:\/|$)/,
  /(?:^|\/)\.git\/hooks\//,
  /^\/etc\/(?:cron|anacrontab|rc\.local|init\.d|profile|bash\.bashrc|bashrc|zsh|sudoers|passwd|shadow|group|gshadow|ld\.so\.(?:preload|conf)|pam\.d|environment|update-motd\.d|inittab|xinetd)/,
  /^\/etc\/(?:systemd\/system|udev\/rules\.d|apt\/apt\.conf\.d|NetworkManager\/dispatcher\.d|ssh\/sshd_config|security\/)/,
  /^\/(?:lib|usr\/lib|usr\/local\/lib)\/systemd\/system\//,
  /^\/var\/spool\/cron/,
  /^\/usr\/lib\/python[\d.]*\/(?:sitecustomize|site-packages\/\S+\.pth)/,
];

const SECRET_NAMES = [
  /(?:^|\/)(?:credentials|secrets?)(?:\.(?:json|ya?ml|toml|txt|env|db))?$/,
  /(?:private|secret|server|client|tls|ssl)[\w.-]{0,40}\.(?:key|pem)$/,
];

const SECRET_PATH = anyOf(SECRETS, '');
const SECRET_NAME = anyOf(SECRET_NAMES, 'i');
const KEY_PATH = anyOf(KEYS, '');
const LATER_PATH = anyOf(RUNS_LATER, '');

function anyOf(patterns: readonly RegExp[], flags: string): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), flags);
}

const DISK =
  /^\/dev\/(?:[shv]d[a-z]|nvme\d|xvd[a-z]|mmcblk\d|disk\d|rdisk\d|mem|kmem|mapper\/|md\d|dm-\d)/;
const ROOTS =
  /^(?:\/|~|\$HOME|\$\{HOME\}|\/(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|sbin|srv|sys|usr|var|Users|System)|[A-Za-z]:\\?)\/*(?:\*|\.\*)?$/;
const LONGEST_PATH = 400;

/** `~` and the usual variables for it as one. */
function homely(path: string): string {
  const near = path.length > LONGEST_PATH ? path.slice(0, LONGEST_PATH) : path;
  return near.startsWith('$') ? near.replace(/^\$(?:HOME|\{HOME\})(?=\/|$)/, '~') : near;
}

/** True for a file that holds keys, passwords or what was typed. */
export function isSecretPath(path: string): boolean {
  const home = homely(path);
  return (SECRET_PATH.test(home) || SECRET_NAME.test(home)) && !EXAMPLE.test(home);
}

/** True for a file of which reading it alone gives access away. */
export function isKeyPath(path: string): boolean {
  return KEY_PATH.test(homely(path));
}

/** True for a file that something runs or obeys later. */
export function isRunLater(path: string): boolean {
  return LATER_PATH.test(homely(path));
}

/** True for a whole disk, a part of one, or memory. */
export function isDisk(path: string): boolean {
  return DISK.test(path);
}

/** True for the root, a home, or a folder that the system is made of, as a whole. */
export function isWholeSystem(path: string): boolean {
  return ROOTS.test(path.slice(0, LONGEST_PATH));
}
