// Options that execute, load or write elsewhere: programs for building, packages, tests, containers
// and services. Facts only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

const COMPILER: ProgramDanger = {
  singleDash: true,
  prefixes: list(
    '-o --output -wrapper -fplugin -specs --specs -B @ -MF -MD -MMD -T -Xlinker -Xassembler -Wl, ' +
      '-Wa, -Wp, -Xpreprocessor -include -imacros --sysroot -dump -save-temps -load -Xclang ' +
      '-fpass-plugin -fprofile -ffile -aux-info -fdump -gsplit -iplugindir -x --config -cc1 -cc1as',
  ),
};

const TEST_RUNNER: ProgramDanger = {
  short: 'pcoR',
  values: 'kmntgr',
  safe: ['fix'],
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

const KUBECTL_FILES = ['go-template-file', 'jsonpath-file', 'custom-columns-file'].flatMap((kind) =>
  ['', '-o', '-o=', '--output='].map((start) => start + kind),
);

/** By program name. */
export const BUILD_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
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
    prefixes: KUBECTL_FILES,
    free: new Map([['logs', '-f']]),
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
    verbs: new Map([
      ['compose', list('ps logs images top ls version up down build pull start stop restart')],
    ]),
  },
  svn: {
    long: list('config-dir config-option diff-cmd editor-cmd diff3-cmd'),
    subcommands: list('status st info log ls list'),
  },
  mvn: {
    short: 'fgstl',
    long: list('file settings global-settings toolchains log-file'),
    prefixes: ['-D', '--define', 'exec:'],
  },
  gradle: {
    short: 'bIpcgD',
    long: list(
      'build-file init-script project-dir settings-file include-build gradle-user-home project-cache-dir system-prop',
    ),
  },
  gradlew: {
    short: 'bIpcgD',
    long: list(
      'build-file init-script project-dir settings-file include-build gradle-user-home project-cache-dir system-prop',
    ),
  },
  nm: { long: list('plugin'), prefixes: ['@'] },
  objdump: { prefixes: ['@'] },
  strings: { prefixes: ['@'] },
  readelf: { prefixes: ['@'] },
  iconv: { short: 'o', values: 'ft', long: list('output') },
  ss: { short: 'DFK', long: list('diag filter kill') },
  arp: { short: 'fsd', long: list('file set delete') },
  whois: { short: 'h', long: list('host') },
  xmllint: {
    long: list('output path load-trace dtdvalid relaxng schema shell catalogs xinclude noent'),
    singleDash: true,
    words: list('-o -shell'),
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
