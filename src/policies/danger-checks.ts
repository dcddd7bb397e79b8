// Options that execute, load or write elsewhere: test runners, linters, type checkers and bundlers.
// All of them run code of the project; what a wildcard must not add is code from elsewhere. Facts
// only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

/** Options by which such programs load code or configuration, or write. */
const STEMS = new RegExp(
  'config|confcutdir|plugin|preset|require|import|load|report|format|output|out(?:dir|file)?$|' +
    'rules?dir|parser|setup|teardown|runner|transform|resol|environment|project|package|basetemp|' +
    'xml|json(?:report|file)|log(?:file|junit)|cache(?:dir|loc|file|map)|exec|eval|hook|init|' +
    'interpreter|path|dir(?:ectory|ectories)?$|files?$|trace|profile|script|pdb|typeshed|install|' +
    'upload|paste|browser|checker|server|^api|open|root|include|bootstrap|printer|extension|opts|' +
    'spec$|rsync|^tx$|^px$|^ui$|sequencer|mapper|globals|storage|^env|nodeoption|inspect|watchplugins|' +
    'attachments|provider|extractor|^haste|^drb|prepend|stats|manifest|override|pyargs|debug|html|' +
    'svg|csv|inject|record|dump|save|download|lessopen',
);

const CHECK: ProgramDanger = {
  short: 'pcoR',
  values: 'kmntgr',
  stems: STEMS,
  long: list('config rootdir require import reporter plugin output environment'),
  safe: list(
    'fix check write ext cache coverage quiet strict-config collect-only co no-config ' +
      'ignore-missing-imports follow-imports explicit-package-bases namespace-packages ' +
      'warn-unused-configs report-unused-disable-directives no-color no-cov no-report ' +
      'passWithNoTests testPathPattern testPathPatterns testNamePattern findRelatedTests ' +
      'isolate no-isolate list-different unsafe-fixes exit-zero output-full',
  ),
  plainWords: list(
    '--reporter=verbose --reporter=dot --reporter=default --reporter=basic --reporter=tap ' +
      '--reporter=list --reporter=line --reporter=spec --format=stylish --format=json ' +
      '--cov-report=term --cov-report=term-missing --output-format=full ' +
      '--output-format=concise --output-format=json --output-format=text',
  ),
  prefixes: ['@', '-@'],
  localOperands: true,
};

/** With letters of its own. */
function check(short: string, values = 'kmntgr'): ProgramDanger {
  return { ...CHECK, short, values };
}

/** By program name. */
export const CHECK_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
  ...Object.fromEntries(
    list(
      'py.test flake8 black ava tap stylelint oxlint biome standard xo tslint htmlhint markdownlint ' +
        'markdownlint-cli2 remark yamllint shellcheck shfmt hadolint actionlint codespell bandit ' +
        'pycodestyle pydocstyle pyflakes vulture pyright basedpyright ty golangci-lint staticcheck ' +
        'gofmt goimports rustfmt ktlint detekt swiftlint swiftformat clang-format clang-tidy cppcheck ' +
        'ctest dotnet-format scalafmt ' +
        'mix-format credo phpstan psalm phpcs phpcbf pint pest sqlfluff djlint ' +
        'knip depcheck madge tsd attw publint size-limit cspell',
    ).map((name) => [name, CHECK]),
  ),
  // `-m`, `-p` and `-c` of mypy name what is checked; its options may be abbreviated.
  mypy: {
    ...check('pmc', ''),
    long: list(
      'config-file python-executable install-types custom-typeshed-dir cache-dir junit-xml ' +
        'shadow-file package module any-exprs-report',
    ),
    safe: list(
      'ignore-missing-imports follow-imports explicit-package-bases namespace-packages ' +
        'warn-unused-configs no-namespace-packages strict python-version platform',
    ),
  },
  dmypy: { never: 'starts a server that runs plugins' },
  pylint: {
    ...check('', 'drj'),
    long: list(
      'rcfile load-plugins init-hook output output-format generate-rcfile import-graph ' +
        'ext-import-graph int-import-graph unsafe-load-any-extension extension-pkg-allow-list ' +
        'source-roots spelling-private-dict-file',
    ),
  },
  pytest: {
    ...check('pcoW', 'kmnrx'),
    safe: [...(CHECK.safe ?? []), 'strict-markers', 'import'],
  },
  ruff: {
    ...check('o', ''),
    subcommands: list('check format rule linter version'),
    safe: [...(CHECK.safe ?? []), 'show-files'],
  },
  isort: { ...check('', 'lmwpo'), prefixes: ['@', '-sp', '-o'] },
  eslint: check('cof', ''),
  prettier: check('', ''),
  jest: { ...check('ceo', 'twi'), long: [...(CHECK.long ?? []), 'filter'] },
  vitest: check('cr', 't'),
  mocha: check('rRnO', 'gftjbu'),
  rspec: check('rIOofPcb', 'te'),
  rubocop: check('rcof', ''),
  phpunit: check('cd', ''),
  playwright: { ...check('c', 'gjx'), subcommands: list('test') },
  cypress: { ...check('bCPcrspo', ''), subcommands: list('verify version info') },
  tsc: {
    oneOrTwo: true,
    long: list(
      'build outdir outfile rootdir rootdirs tsbuildinfofile declarationdir generatetrace ' +
        'generatecpuprofile baseurl typeroots maproot sourceroot plugins init watch paths out',
    ),
    safe: list('w p b pretty'),
    prefixes: ['@', '-b'],
    localOperands: true,
  },
  // Bundlers run their configuration; where they write is said there, not by a wildcard.
  ...Object.fromEntries(
    list('webpack rollup vite babel swc esbuild parcel tsup next nuxt astro').map((name) => [
      name,
      {
        ...CHECK,
        short: 'pcoCdfrxiw',
        values: '',
        words: list('dev serve preview start telemetry inject add plugin migrate init create'),
      },
    ]),
  ),
  turbo: {
    short: '',
    long: list('cwd cache-dir api token team login profile graph root-turbo-json'),
    subcommands: list('run build test lint typecheck check ls'),
  },
  nx: {
    stems: /runner|configuration|output|file$|path|dir|batch/,
    subcommands: list('test build lint run run-many affected show list report'),
  },
  lerna: { stems: /loglevel|dir|file|path/, subcommands: list('list ls ll la changed diff run') },
  nyc: { never: 'runs other programs' },
  c8: { never: 'runs other programs' },
  coverage: {
    short: '',
    long: list('rcfile data-file directory outfile'),
    subcommands: list('report'),
  },
};
