// What to write instead of a rule that should not exist: examples, by program. Facts only.

const TABLE: Readonly<Record<string, readonly string[]>> = {
  find: ['find . -name *', 'find src -type f *'],
  bash: ['bash scripts/save.sh *'],
  sh: ['sh scripts/save.sh *'],
  python: ['python scripts/report.py *', 'python -m pytest *'],
  python3: ['python3 scripts/report.py *', 'python3 -m pytest *'],
  node: ['node scripts/report.js *', 'node --test'],
  perl: ['perl scripts/report.pl *'],
  ruby: ['ruby scripts/report.rb *'],
  deno: ['deno task test', 'deno fmt --check'],
  bun: ['bun test', 'bun run lint'],
  npx: ['npx tsc *', 'npx eslint *'],
  npm: ['npm test', 'npm run lint'],
  uv: ['uv run pytest *', 'uv pip list'],
  uvx: ['uvx ruff *'],
  poetry: ['poetry run pytest *'],
  pipenv: ['pipenv run pytest *'],
  bundle: ['bundle exec rspec *'],
  env: ['env NODE_ENV=test npm test'],
  sudo: ['sudo systemctl restart app'],
  doas: ['doas systemctl restart app'],
  su: ['sudo -u app systemctl restart app'],
  xargs: ['xargs wc -l'],
  ssh: ['ssh host uptime'],
  eval: ['git status'],
  exec: ['git status'],
  watch: ['git status'],
  strace: ['strace -c npm test'],
  docker: ['docker ps *', 'docker logs *'],
  podman: ['podman ps'],
  kubectl: ['kubectl get *', 'kubectl logs *'],
  helm: ['helm list', 'helm status app'],
  terraform: ['terraform plan', 'terraform validate'],
  tofu: ['tofu plan', 'tofu validate'],
  aws: ['aws s3 ls', 'aws sts get-caller-identity'],
  gcloud: ['gcloud config list'],
  gh: ['gh pr view *', 'gh run list *'],
  git: ['git status *', 'git diff *'],
  less: ['cat *', 'head *'],
  more: ['cat *', 'head *'],
  man: ['man ls'],
  tee: ['> logs/**'],
  dd: ['dd if=a.img of=b.img'],
  wget: ['curl *'],
  scp: ['scp build/app host:app'],
  rsync: ['rsync -a build/ host:app'],
  crontab: ['crontab -l'],
  ip: ['ip addr', 'ip route'],
  mount: ['findmnt *'],
  apt: ['apt list *', 'apt show *'],
  'apt-get': ['apt list *', 'apt show *'],
  dpkg: ['dpkg -l *', 'dpkg -S *'],
  rpm: ['rpm -qa', 'rpm -qi *'],
  brew: ['brew list', 'brew outdated'],
  pip: ['pip list', 'pip show *'],
  pip3: ['pip3 list'],
  unzip: ['unzip -l *'],
  tar: ['tar -tf *'],
  psql: ['psql -c "select 1"'],
  sqlite3: ['sqlite3 app.db .tables'],
  'redis-cli': ['redis-cli ping'],
  openssl: ['openssl version'],
  gpg: ['gpg --list-keys'],
  systemctl: ['systemctl status *'],
  cmake: ['cmake --build build'],
  make: ['make test'],
  cargo: ['cargo test *', 'cargo check *'],
  go: ['go test *', 'go vet *'],
  top: ['ps aux'],
  htop: ['ps aux'],
  kill: ['kill -l'],
  pkill: ['pgrep *'],
  ffmpeg: ['ffmpeg -version'],
};

/** Wrappers that need no rule: what they run is judged by its own. */
const TRANSPARENT = new Set('nice nohup stdbuf timeout ionice time'.split(' '));

/** What to write instead of a rule about this program. */
export function betterRule(program: string): string {
  if (TRANSPARENT.has(program)) {
    return `no rule for ${program} is needed: allow the command behind it, such as "npm test"`;
  }
  const examples = TABLE[program] ?? TABLE[program.replace(/[\d.]+$/, '')];
  if (examples === undefined) return 'spell out the whole command that is meant, without *';
  return `write what is meant, such as ${examples.map((one) => `"${one}"`).join(' or ')}`;
}
