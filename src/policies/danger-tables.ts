// For each program: the options that execute, load or write elsewhere. Facts only, from the
// programs' own manuals; which effect follows is decided in dangers.ts.

export interface ProgramDanger {
  /** Dangerous letters. */
  readonly short?: string;
  /** Harmless letters that take a value: what is glued to them is no option. */
  readonly values?: string;
  /** Dangerous long options; every abbreviation counts. */
  readonly long?: readonly string[];
  /** Whole long options that only look like an abbreviation of a dangerous one. */
  readonly safe?: readonly string[];
  /** Dangerous words of any form. */
  readonly words?: readonly string[];
  /** Dangerous options whose value a wildcard may cover once the option itself is spelled out. */
  readonly plain?: readonly string[];
  /** Words that begin like this are dangerous. */
  readonly prefixes?: readonly string[];
  /** Operands are run or loaded: only paths below the working directory are covered. */
  readonly localOperands?: boolean;
  /** Subcommands that are harmless; a wildcard covers no other. */
  readonly subcommands?: readonly string[];
  /** Its long options have one dash: only `words` are looked at. */
  readonly singleDash?: boolean;
  /** `+x` is an option too. */
  readonly plus?: boolean;
  /** Why no wildcard covers any word of it. */
  readonly never?: string;
}

function list(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

const FIND_WORDS = list(
  '-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls -files0-from',
);

const COMPILER: ProgramDanger = {
  singleDash: true,
  prefixes: list(
    '-o --output -wrapper -fplugin -specs --specs -B @ -MF -MD -MMD -T -Xlinker -Xassembler -Wl, ' +
      '-Wa, -Wp, -Xpreprocessor -include -imacros --sysroot -dump -save-temps -load -Xclang ' +
      '-fpass-plugin -fprofile -ffile -aux-info -fdump -gsplit -iplugindir -x --config -cc1 -cc1as',
  ),
};

const TEST_RUNNER: ProgramDanger = {
  short: 'pcorR',
  values: 'kmntg',
  plain: [],
  long: list(
    'config rootdir confcutdir override-ini import-mode pyargs require import loader reporter ' +
      'plugin plugins rulesdir resolve-plugins-relative-to parser config-path configFile root ' +
      'setupFiles globalSetup globalTeardown runner transform testRunner environment preset ' +
      'project opts package output-file output-path outputFile outDir build presets spec file ' +
      'plugin-search-dir format formatter fix-to cache-location basetemp junitxml log-file ' +
      'debugfile inline-config execArgv env-file custom-typeshed-dir python-executable',
  ),
  localOperands: true,
};

const TABLE: Record<string, ProgramDanger> = {
  // Text and files
  find: { words: FIND_WORDS, singleDash: true },
  fd: { short: 'xXc', long: list('exec exec-batch search-path base-directory ignore-file') },
  fdfind: { short: 'xXc', long: list('exec exec-batch search-path base-directory ignore-file') },
  sort: {
    short: 'oT',
    values: 'kStb',
    long: list('output temporary-directory compress-program files0-from random-source'),
  },
  wc: { long: list('files0-from') },
  du: { short: 'X', long: list('files0-from exclude-from'), values: 'dBt' },
  uniq: { values: 'fsw' },
  shuf: { short: 'o', values: 'ni', long: list('output random-source') },
  grep: {
    short: 'f',
    values: 'eABCmdD',
    long: list('file exclude-from'),
    safe: list('files-with-matches files-without-match fixed-strings exclude exclude-dir'),
  },
  egrep: { short: 'f', values: 'eABCmdD', long: list('file exclude-from') },
  fgrep: { short: 'f', values: 'eABCmdD', long: list('file exclude-from') },
  rg: {
    short: 'fz',
    values: 'eABCmgtTjMEdr',
    long: list('file pre pre-glob hostname-bin ignore-file search-zip'),
    safe: list('files files-with-matches files-without-match pretty ignore-case'),
  },
  ag: { short: 'p', long: list('pager path-to-ignore') },
  ack: { long: list('pager ackrc output files-from') },
  split: { never: 'writes files and can run filters' },
  csplit: { never: 'writes files' },
  tee: { never: 'writes files' },
  dd: { words: [], never: 'reads and writes devices and files' },
  install: { never: 'writes files with chosen modes' },
  set: { never: 'changes what later commands mean' },
  date: { short: 'fs', values: 'dr', long: list('file set') },
  file: { short: 'fmCz', long: list('files-from magic-file compile uncompress') },
  diff: { long: list('from-file to-file exclude-from palette'), short: 'Xl', values: 'UWx' },
  patch: { never: 'writes files that its input names' },
  sed: { short: 'if', values: 'el', long: list('in-place file') },
  awk: {
    short: 'fiElDopd',
    values: 'Fv',
    long: list('file include load exec dump-variables profile pretty-print debug'),
  },
  jq: { short: 'fL', long: list('from-file rawfile slurpfile argfile library-path run-tests') },
  yq: { short: 'ifs', long: list('inplace in-place from-file split-exp front-matter') },
  xxd: { short: 'r', words: ['-r', '-revert'] },
  tree: { short: 'oR', long: list('fromfile fromtabfile output'), values: 'LPIHTn' },
  less: { never: 'runs other programs from its keys and its environment' },
  more: { never: 'runs other programs from its keys' },
  most: { never: 'runs other programs from its keys' },
  man: { never: 'runs pagers and formatters' },
  // Archives
  tar: {
    short: 'fFIxTXCPKgVWUi',
    values: 'bHNL',
    plain: list('f x file extract get i'),
    long: list(
      'checkpoint-action to-command use-compress-program info-script new-volume-script rsh-command ' +
        'rmt-command volno-file files-from exclude-from extract get file directory transform xform ' +
        'absolute-names remove-files index-file listed-incremental unlink-first overwrite ' +
        'one-top-level keep-directory-symlink delete diff-command',
    ),
    safe: list('exclude'),
  },
  zip: {
    short: 'TbOm',
    long: list('unzip-command test move out temp-path'),
    words: list('-TT -mm'),
  },
  unzip: { never: 'writes the files that an archive names' },
  cpio: { never: 'writes files and can run commands' },
  ar: { never: 'writes files' },
  rar: { never: 'writes files and runs commands' },
  unrar: { never: 'writes the files that an archive names' },
  gzip: { values: 'S', long: [] },
  // Network
  curl: {
    short: 'oOKTFdcDECHxXbuUtQrz',
    long: list(
      'output output-dir remote-name remote-name-all remote-header-name config upload-file form ' +
        'form-string data data-ascii data-binary data-raw data-urlencode json url-query cookie ' +
        'cookie-jar dump-header engine cert key cacert capath netrc-file proxy preproxy socks5 ' +
        'socks5-hostname socks4 socks4a trace trace-ascii stderr unix-socket abstract-unix-socket ' +
        'header request user proxy-user resolve connect-to libcurl hsts alt-svc quote postquote ' +
        'prequote write-out doh-url mail-from etag-save ssl-sessions interface ' +
        'random-file egd-file crlfile pubkey netrc time-cond variable expand- create-dirs',
    ),
  },
  wget: { never: 'writes files and can run programs' },
  aria2c: { never: 'writes files and can run programs' },
  http: { never: 'sends and writes files' },
  scp: { never: 'runs programs and writes files' },
  sftp: { never: 'runs programs and writes files' },
  rsync: { never: 'runs programs and writes files' },
  ftp: { never: 'runs programs from its input' },
  telnet: { never: 'runs programs from its input' },
  nmap: {
    short: 'oi',
    long: list(
      'script script-args datadir resume stylesheet script-args-file iL excludefile servicedb versiondb interactive',
    ),
    values: 'p',
  },
  tcpdump: { short: 'wzrFVZ', values: 'cinsG' },
  dig: { short: 'fk' },
  ping: { short: 'f', values: 'cisWwI' },
  openssl: { never: 'loads engines and writes files' },
  gpg: { never: 'runs programs and writes files' },
  // Building and packages
  make: {
    short: 'fCIWoE',
    values: 'jl',
    long: list('file makefile directory include-dir eval assume-new what-if new-file old-file'),
  },
  gmake: { short: 'fCIWoE', values: 'jl', long: list('file makefile directory include-dir eval') },
  cmake: { never: 'runs the commands of its files' },
  ninja: { short: 'fCtd', values: 'jkl' },
  gcc: COMPILER,
  'g++': COMPILER,
  cc: COMPILER,
  'c++': COMPILER,
  clang: COMPILER,
  'clang++': COMPILER,
  ld: { never: 'loads plugins' },
  as: { never: 'writes files' },
  npm: {
    short: 'gC',
    long: list(
      'prefix global globalconfig userconfig script-shell node-options shell editor viewer git ' +
        'registry cache ignore-scripts call include-workspace-root init-module location browser',
    ),
  },
  yarn: { long: list('cwd use-yarnrc modules-folder global-folder script-shell registry prefix') },
  pnpm: {
    short: 'gC',
    long: list('dir global script-shell shell-emulator registry config prefix'),
  },
  bun: { long: list('preload require config cwd eval print shell registry'), short: 'rcep' },
  pip: {
    short: 'trefci',
    long: list(
      'target requirement editable find-links constraint index-url extra-index-url prefix root ' +
        'src log cache-dir python config-settings global-option install-option build-option ' +
        'proxy cert client-cert trusted-host user report',
    ),
  },
  pip3: { never: 'runs the code of what it installs' },
  cargo: { long: list('config manifest-path target-dir'), short: 'ZC' },
  go: {
    singleDash: true,
    words: list(
      '-exec -toolexec -vettool -o -C -modfile -overlay -ldflags -gcflags -asmflags ' +
        '-gccgoflags -pkgdir -mod -n --exec --toolexec --vettool --o --ldflags --gcflags --overlay ' +
        'run generate install get env tool bug clean --modfile -fixtool -cpuprofile -memprofile ' +
        '-outputdir -coverprofile -trace -blockprofile -mutexprofile',
    ),
  },
  gem: { never: 'runs the code of what it installs' },
  composer: { never: 'runs the scripts of what it installs' },
  apt: { never: 'runs the scripts of what it installs' },
  'apt-get': { never: 'runs the scripts of what it installs' },
  aptitude: { never: 'runs the scripts of what it installs' },
  dpkg: { never: 'runs the scripts of what it installs' },
  rpm: { never: 'runs the scripts of what it installs' },
  yum: { never: 'runs the scripts of what it installs' },
  dnf: { never: 'runs the scripts of what it installs' },
  apk: { never: 'runs the scripts of what it installs' },
  pacman: { never: 'runs the scripts of what it installs' },
  snap: { never: 'runs the hooks of what it installs' },
  brew: { never: 'runs the code of what it installs' },
  // Containers, services, clouds
  kubectl: {
    short: 'f',
    values: 'nlo',
    long: list(
      'filename kubeconfig kuberc server token as cluster context cache-dir kustomize ' +
        'insecure-skip-tls-verify certificate-authority client-key client-certificate user ' +
        'tls-server-name template profile-output raw overrides username password auth-provider',
    ),
    words: list(
      'exec run attach cp edit port-forward proxy debug apply create replace patch delete plugin set config drain diff kustomize expose autoscale',
    ),
  },
  helm: { never: 'runs plugins and changes clusters' },
  terraform: { never: 'loads providers and changes systems' },
  ansible: { never: 'runs commands elsewhere' },
  'ansible-playbook': { never: 'runs commands elsewhere' },
  systemctl: {
    short: 'HM',
    values: 'ptno',
    long: list('host machine root image force'),
    words: list(
      'start stop restart reload enable disable edit link mask unmask kill daemon-reload ' +
        'set-property set-environment import-environment isolate poweroff reboot halt rescue ' +
        'emergency revert preset reenable try-restart reload-or-restart suspend hibernate switch-root ' +
        'soft-reboot kexec exit add-wants add-requires set-default bind mount-image',
    ),
  },
  journalctl: {
    short: 'DMF',
    values: 'unpSUgto',
    long: list(
      'directory file root image cursor-file vacuum-size vacuum-time vacuum-files rotate ' +
        'setup-keys machine flush relinquish-var update-catalog smart-relinquish-var namespace',
    ),
  },
  crontab: { never: 'changes what runs later' },
  mount: { never: 'changes the file system' },
  docker: {
    short: 'Hc',
    values: 'nf',
    long: list('config context host tlscacert tlscert tlskey'),
    subcommands: list('ps images logs inspect version info stats top port history events search'),
  },
  svn: {
    long: list('config-dir config-option diff-cmd editor-cmd diff3-cmd'),
    subcommands: list('status st info log ls list'),
  },
  // Test runners and linters
  ...Object.fromEntries(
    list(
      'pytest py.test mypy pylint flake8 ruff black isort eslint prettier jest mocha vitest ava ' +
        'tap stylelint tsc webpack rollup vite babel swc esbuild biome oxlint rspec phpunit rubocop ' +
        'playwright cypress nyc c8 turbo nx lerna',
    ).map((name) => [name, TEST_RUNNER]),
  ),
  // Databases and clients that take commands
  sqlite3: { never: 'runs shells from its dot commands' },
  psql: { never: 'runs shells from its commands' },
  mysql: { never: 'runs shells from its commands' },
  mariadb: { never: 'runs shells from its commands' },
  'redis-cli': { never: 'could edit the queue, and loads modules' },
  mongo: { never: 'runs scripts' },
  mongosh: { never: 'runs scripts' },
  // Builtins of bash that evaluate
  printf: { short: 'v' },
  test: { short: 'vR', singleDash: true, words: ['-v', '-R'] },
  '[': { singleDash: true, words: ['-v', '-R'] },
};

// Other programs of which every word can be a program, a file to write or a lever on the system.
const NEVER: Record<string, string> = {
  'runs programs from its text or keys':
    'vi vim view nvim ex rvim rview vimdiff nano pico emacs ed red joe jed micro kak helix hx ' +
    'gvim elvis vipw vigr visudo sudoedit mc lynx w3m links elinks mutt mail mailx nmail ' +
    'iex ghci irb pry bc dc m4 dmsetup dosbox ltrace cdist crash cscope ctags gdbserver ' +
    'rlogin restic tclsh wish latex pdflatex xelatex lualatex tex luatex pdftex gnuplot octave ' +
    'maxima units jrunscript jjs jshell byebug rake scons ant mvn gradle gradlew sbt bazel buck ' +
    'meson invoke fab nose tox nox ginsh hping3 iftop ipython jupyter knife msfconsole puppet ' +
    'salt chef-solo rpmbuild debuild rc-service service vagrant virsh zathura zypper ' +
    'borg tmate byobu wireshark tshark tasksh task slsh sqlmap sqsh smbclient run-mailcap ' +
    'finger write wall whiptail dialog zenity exiftool ffmpeg ffprobe convert magick identify ' +
    'mogrify composite gs ghostscript pandoc busctl dbus-send gdbus aoss arch-chroot cobc ' +
    'distcc easy_install eb espeak expand_command ispell aspell julia loginctl nsenter opkg ' +
    'pax pdb pexec rescomp rpmdb rpmquery rpmverify rtorrent scanmem setfacl sg tdbtool ' +
    'telnet update-alternatives xdotool xmodmap xmore yash zsoelim troff nroff groff ' +
    'soelim pic eqn tbl hexdump.sh watchman buildah skopeo ctr ' +
    'crictl runc lxd multipass aws gcloud az gsutil doctl glab hg bzr cvs fossil ',
  'writes, moves or changes files':
    'shred truncate fallocate mkfs mke2fs fdisk sfdisk parted gdisk wipefs losetup swapon ' +
    'rename prename mmv unison rclone restore dump tune2fs debugfs e2image xfs_db ' +
    'openvpn wg wg-quick ssh-keygen ssh-copy-id ssh-keyscan ssh-add keytool certutil setcap ' +
    'chattr sysctl iptables ip6tables nft ufw firewall-cmd modprobe insmod rmmod kmod ' +
    'useradd usermod userdel groupadd passwd chpasswd chsh chfn adduser deluser gpasswd ' +
    'ldconfig update-rc.d visudo hostnamectl timedatectl shutdown reboot halt poweroff init ' +
    'telinit kexec killall5 grub-install efibootmgr nvram fsck umount swapoff pivot_root ',
};

for (const [why, names] of Object.entries(NEVER)) {
  for (const name of list(names)) TABLE[name] ??= { never: why };
}

// Builtins that change what later words of the same line mean.
for (const name of list(
  'export declare typeset local readonly unset alias unalias hash enable shopt trap bind complete ' +
    'compopt source . let read mapfile readarray getopts eval exec builtin fc history ulimit umask ' +
    'wait jobs coproc caller set function select',
)) {
  TABLE[name] ??= { never: 'changes what later commands mean' };
}

/** The tables by program name. */
export const DANGERS: ReadonlyMap<string, ProgramDanger> = new Map(
  Object.entries({
    ...TABLE,
    gawk: TABLE['awk'] ?? {},
    mawk: TABLE['awk'] ?? {},
    nawk: TABLE['awk'] ?? {},
    git: {},
  }),
);
