// Options that execute, load or write elsewhere: compilers, builds and packages of languages.
// Facts only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

const COMPILER: ProgramDanger = {
  singleDash: true,
  prefixes: list(
    '-o --output -wrapper -fplugin -specs --specs -B @ -M -T -Xlinker -Xassembler -Wl, ' +
      '-Wa, -Wp, -Xpreprocessor -include -imacros --sysroot -dump -save-temps -load -Xclang ' +
      '-fpass-plugin -fprofile -ffile -aux-info -fdump -gsplit -iplugindir -x --config -cc1 -cc1as ' +
      '-fuse-ld --ld-path -gcc-toolchain --gcc- -ccc- --prefix -resource-dir -mllvm -Xarch ' +
      '--serialize-diagnostics -ftime-trace -fsave-optimization -foptimization-record -index-store ' +
      '-fcrash-diagnostics -fmodule -fembed -fopt-info -fdiagnostics-format -fdepfile -fmodules',
  ),
};

const MAKE: ProgramDanger = {
  short: 'fCIWoE',
  values: 'jlO',
  long: list(
    'file makefile directory include-dir eval assume-new what-if new-file old-file assume-old ' +
      'jobserver-auth jobserver-fds',
  ),
};

// Its options may have one dash: `npm test -prefix /srv`.
const NPM: ProgramDanger = {
  oneOrTwo: true,
  short: 'gCc',
  long: list(
    'prefix global globalconfig userconfig script-shell node-options shell editor viewer git ' +
      'registry cache ignore-scripts call include-workspace-root init-module location browser ' +
      'onload-script pack-destination logs-dir tmp cafile proxy https-proxy config dir ' +
      'modules-folder global-folder cwd use-yarnrc preload',
  ),
  safe: list('dir-only ignore-workspace-root-check'),
};

const GO_OPTIONS = list(
  'exec toolexec vettool o C modfile overlay ldflags gcflags asmflags gccgoflags compiler pkgdir ' +
    'mod fixtool cpuprofile memprofile outputdir coverprofile trace blockprofile mutexprofile ' +
    'pgo artifacts fuzzcachedir',
);

const GRADLE: ProgramDanger = {
  short: 'bIpcgDPFM',
  long: list(
    'build-file init-script project-dir settings-file include-build gradle-user-home ' +
      'project-cache-dir system-prop project-prop scan write-verification-metadata',
  ),
};

/** By program name. */
export const BUILD_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
  // Building and packages
  make: MAKE,
  gmake: MAKE,
  cmake: { never: 'runs the commands of its files' },
  ninja: { short: 'fCtd', values: 'jkl' },
  gcc: COMPILER,
  'g++': COMPILER,
  cc: COMPILER,
  'c++': COMPILER,
  clang: COMPILER,
  'clang++': COMPILER,
  c89: COMPILER,
  c99: COMPILER,
  gfortran: COMPILER,
  ld: { never: 'loads plugins' },
  as: { never: 'writes files' },
  npm: NPM,
  yarn: NPM,
  pnpm: NPM,
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
  cargo: {
    long: list('config manifest-path target-dir artifact-dir out-dir lockfile-path open logfile'),
    safe: list('target'),
    short: 'ZC',
  },
  rustc: { never: 'runs linkers that its options name' },
  rustdoc: { never: 'writes files where its options say' },
  go: {
    singleDash: true,
    prefixes: list('-test. --test.'),
    words: [
      ...GO_OPTIONS.flatMap((name) => [`-${name}`, `--${name}`]),
      ...list('run generate install get env tool bug clean telemetry'),
    ],
  },
  mix: { subcommands: list('test compile format credo dialyzer') },
  just: {
    short: 'fdce',
    values: 'E',
    long: list(
      'justfile working-directory shell shell-arg command set dotenv-path dotenv-filename chooser ' +
        'choose edit init global-justfile tempdir',
    ),
    words: list('-E'),
  },
  'pre-commit': {
    short: 'c',
    long: list('config'),
    subcommands: list('run validate-config validate-manifest'),
  },
  gem: { never: 'runs the code of what it installs' },
  composer: { never: 'runs the scripts of what it installs' },
  svn: {
    long: list('config-dir config-option diff-cmd editor-cmd diff3-cmd'),
    subcommands: list('status st info log ls list'),
  },
  mvn: {
    short: 'fgstl',
    long: list('file settings global-settings toolchains log-file'),
    prefixes: ['-D', '--define', 'exec:'],
    plainWords: list('-ntp -pl -am -amd -fae -ff -fn'),
  },
  gradle: GRADLE,
  gradlew: GRADLE,
  nm: { long: list('plugin'), prefixes: ['@'] },
  objdump: { long: list('plugin'), prefixes: ['@'] },
  strings: { prefixes: ['@'] },
  readelf: { prefixes: ['@'] },
  size: { prefixes: ['@'] },
  addr2line: { prefixes: ['@'] },
  'c++filt': { prefixes: ['@'] },
  iconv: { short: 'o', values: 'ft', long: list('output') },
  ss: { short: 'DFK', long: list('diag filter kill') },
  arp: { short: 'fsd', long: list('file set delete') },
  whois: { short: 'h', long: list('host') },
  xmllint: {
    long: list('output path load-trace dtdvalid relaxng schema shell catalogs xinclude noent'),
    singleDash: true,
    words: list('-o -shell'),
  },
  // Builtins of bash that evaluate
  printf: { short: 'v' },
  test: { short: 'vR', singleDash: true, words: ['-v', '-R'] },
  '[': { singleDash: true, words: ['-v', '-R'] },
};
