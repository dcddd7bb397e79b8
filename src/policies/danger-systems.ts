// Options and subcommands that execute, load or write elsewhere: containers, services, clouds,
// packages of the system. Facts only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

const KUBECTL_FILES = ['go-template-file', 'jsonpath-file', 'custom-columns-file'].flatMap((kind) =>
  ['', '-o', '-o=', '--output='].map((start) => start + kind),
);

const PACKAGES = 'runs the scripts of what it installs';
const APT_OPTIONS = { short: 'oct', long: list('option config-file default-release target') };
const DNF: ProgramDanger = {
  short: 'c',
  values: 'xdeR',
  long: list(
    'config setopt installroot enableplugin repofrompath reposdir cacheonly releasever downloaddir ' +
      'destdir comment',
  ),
  flags: list('-q --quiet -y -C'),
  subcommands: list('list info search repolist provides deplist check-update repoquery'),
};

/** By program name. */
export const SYSTEM_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
  // Packages of the system
  apt: { ...APT_OPTIONS, subcommands: list('list search show policy depends rdepends') },
  'apt-cache': {
    ...APT_OPTIONS,
    subcommands: list('policy search show showpkg depends rdepends pkgnames madison stats'),
  },
  'apt-get': { never: PACKAGES },
  aptitude: { never: PACKAGES },
  dpkg: {
    never: PACKAGES,
    looksWith: /^(?:-[lLsSp]|--(?:list|listfiles|status|search|print-avail))$/,
  },
  'dpkg-query': {
    never: 'reads other databases',
    looksWith: /^(?:-[lLsSp]|--(?:list|listfiles|status|search))$/,
  },
  rpm: { never: PACKAGES, looksWith: /^-q[ailRcd]*$/ },
  yum: DNF,
  dnf: DNF,
  apk: { never: PACKAGES },
  pacman: { never: PACKAGES, looksWith: /^-Q[ils]*$/ },
  snap: { subcommands: list('list find info version') },
  flatpak: { subcommands: list('list info search'), long: list('installation') },
  brew: { never: 'runs the code of what it installs' },
  port: { never: PACKAGES },
  emerge: { never: PACKAGES },
  pkg: { never: PACKAGES },
  'nix-env': { never: PACKAGES },
  // Clusters and containers. kubectl runs any kubectl-NAME that it finds as a plugin.
  kubectl: {
    short: 'f',
    values: 'nlo',
    long: list(
      'filename kubeconfig kuberc server token as cluster context cache-dir kustomize ' +
        'insecure-skip-tls-verify certificate-authority client-key client-certificate user ' +
        'tls-server-name template profile-output raw overrides username password auth-provider ' +
        'as-group as-uid profile',
    ),
    prefixes: KUBECTL_FILES,
    free: new Map([['logs', '-f']]),
    subcommands: list(
      'get describe logs top version api-resources api-versions explain cluster-info events wait',
    ),
    looks: new Map([
      ['auth', list('can-i whoami')],
      ['rollout', list('status history')],
      ['config', list('current-context get-contexts get-clusters')],
    ]),
    named: list(
      'scale cordon uncordon drain label annotate taint delete certificate set autoscale ' +
        'rollout expose',
    ),
  },
  helm: { never: 'runs plugins and changes clusters' },
  k9s: { never: 'runs programs from its keys' },
  docker: {
    short: 'Hc',
    values: 'nf',
    long: list('config context host tlscacert tlscert tlskey'),
    subcommands: list('ps images logs inspect version info stats top port history events search'),
    looks: new Map([
      ['compose', list('ps logs images top ls version')],
      ['container', list('ls list logs inspect stats top port')],
      ['image', list('ls list inspect history')],
      ['volume', list('ls list inspect')],
      ['network', list('ls list inspect')],
      ['system', list('df info')],
    ]),
    verbs: new Map([['compose', list('up down build pull start stop restart')]]),
  },
  'docker-compose': {
    short: 'fHp',
    long: list(
      'file host project-directory env-file profile context config tls tlscert tlscacert tlskey',
    ),
    subcommands: list('ps images top version ls'),
    named: list('up down build pull start stop restart logs'),
  },
  terraform: { never: 'loads providers and changes systems' },
  tofu: { never: 'loads providers and changes systems' },
  pulumi: { never: 'runs programs and changes systems' },
  ansible: { never: 'runs commands elsewhere' },
  'ansible-playbook': { never: 'runs commands elsewhere' },
  // Forges. `--web` opens whatever $BROWSER says.
  gh: {
    short: 'w',
    values: 'RLsajlSAEqt',
    long: list('web hostname output dir'),
    subcommands: list('status version'),
    looks: new Map([
      ['pr', list('list ls view status checks diff')],
      ['issue', list('list ls view status')],
      ['run', list('list ls view watch')],
      ['release', list('list ls view')],
      ['workflow', list('list ls view')],
      ['repo', list('list ls view')],
      ['label', list('list ls')],
      ['search', list('code commits issues prs repos')],
      ['auth', list('status')],
    ]),
    verbs: new Map([
      ['pr', list('close reopen ready')],
      ['issue', list('close reopen pin unpin')],
    ]),
  },
  // Services
  systemctl: {
    short: 'HM',
    values: 'ptno',
    long: list('host machine root image force'),
    flags: list('--user --system --no-pager --no-legend --all -a --failed -q --quiet --plain -l'),
    subcommands: list(
      'status show list-units list-unit-files list-timers list-sockets list-dependencies ' +
        'list-jobs is-active is-enabled is-failed is-system-running cat get-default',
    ),
    named: list('start stop restart reload try-restart reload-or-restart enable disable'),
  },
  service: { never: 'runs the scripts of services' },
  journalctl: {
    short: 'DMFi',
    values: 'unpSUgto',
    long: list(
      'directory file root image cursor-file vacuum-size vacuum-time vacuum-files rotate ' +
        'setup-keys machine flush relinquish-var update-catalog smart-relinquish-var namespace',
    ),
  },
  crontab: { never: 'changes what runs later' },
  mount: { never: 'changes the file system' },
  // Clients of databases
  sqlite3: { never: 'runs shells from its dot commands' },
  psql: { never: 'runs shells from its commands' },
  mysql: { never: 'runs shells from its commands' },
  mariadb: { never: 'runs shells from its commands' },
  'redis-cli': { never: 'could edit the queue, and loads modules' },
  'valkey-cli': { never: 'could edit the queue, and loads modules' },
  mongo: { never: 'runs scripts' },
  mongosh: { never: 'runs scripts' },
  pg_dump: { never: 'writes files and sends what is in a database' },
  mysqldump: { never: 'writes files and sends what is in a database' },
};
