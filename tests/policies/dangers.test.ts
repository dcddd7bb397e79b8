// What `allow: X *` covers of the tools that people really allow, and what it never does: options
// and operands that execute, load or write elsewhere. By hand, from the programs' manuals.
import { expect, test } from 'vitest';
import { judgeLine } from './cases.ts';

type Row = readonly [pattern: string, covered: readonly string[], never: readonly string[]];

const ROWS: readonly Row[] = [
  // Text and files
  [
    'find . *',
    ['find . -name x -type f'],
    ['find . -delete', 'find . -fls x', 'find . -okdir sh ;'],
  ],
  [
    'fd *',
    ['fd -e ts', 'fd --exclude x'],
    ['fd -x sh', 'fd -C /x y', 'fd --exec-batch sh', 'fd -X vim'],
  ],
  [
    'sort *',
    ['sort -k2,2 -t, a', 'sort -rn --parallel=2'],
    ['sort -oa b', 'sort --out=a b', 'sort -T /x a', 'sort --compress-program sh a'],
  ],
  ['uniq *', ['uniq -c', 'uniq a'], ['uniq a b', 'uniq - b']],
  ['shuf *', ['shuf -n 3 a'], ['shuf -o x a', 'shuf --random-source=x a']],
  ['wc *', ['wc -l a'], ['wc --files0-from=x']],
  ['grep *', ['grep -rn a .', 'grep --include=*.ts -r a'], ['grep -f x a', 'grep --fi=x a']],
  [
    'rg *',
    ['rg -n a', 'rg --files', 'rg -l a'],
    ['rg --pre x a', 'rg -z a', 'rg --hostname-bin x a', 'rg -f x'],
  ],
  ['ag *', ['ag a src'], ['ag --pager sh a', 'ag -p x a']],
  ['bat *', ['bat -n a.ts'], ['bat --pager sh a', 'bat --paging=always a', 'bat cache --build']],
  ['sed *', ["sed 's/a/b/g' f", 'sed -n 5p f'], ['sed -i s/a/b/ f', "sed '1e id' f", 'sed -f x f']],
  [
    'awk *',
    ["awk '{print $1}' f", 'awk -F: 1 f'],
    ["awk 'BEGIN{system(1)}'", 'awk -f x', "awk '{print > 1}' f", 'awk -W exec=x', 'awk -lx 1'],
  ],
  [
    'jq *',
    ['jq .a f', "jq -r '.a|.b' f"],
    ['jq -n env', 'jq -f x', 'jq --rawfile a b .', 'jq -Lx .'],
  ],
  ['yq *', ['yq .a f'], ['yq -i .a=1 f', 'yq --inplace .a f', "yq 'load(1)' f"]],
  ['date *', ['date -u', 'date +%s'], ['date -s 1', 'date -f x', 'date --set=1']],
  ['file *', ['file a'], ['file -C', 'file -m x a', 'file -z a', 'file -Z a', 'file -f x']],
  ['diff *', ['diff -u a b'], ['diff -l a b', 'diff --pag a b', 'diff --to-file=x a']],
  ['sdiff *', ['sdiff a b'], ['sdiff -o x a b', 'sdiff --diff-program=sh a b']],
  ['xxd *', ['xxd a'], ['xxd a b', 'xxd -r a b']],
  ['tree *', ['tree -L 2'], ['tree -o x', 'tree --fromfile x', 'tree --infofile']],
  ['hostname *', ['hostname -I'], ['hostname -F x', 'hostname --file x']],
  ['strings *', ['strings a'], ['strings @x']],
  ['nm *', ['nm a.o'], ['nm --plugin x a.o', 'nm @x']],
  ['objdump *', ['objdump -d a.o'], ['objdump --plugin=x a.o', 'objdump @x']],
  ['split *', [], ['split --filter=sh a', 'split a /x/']],
  ['csplit *', [], ['csplit a 1']],
  ['tee *', [], ['tee a']],
  ['dd *', [], ['dd if=a of=b']],
  ['install *', [], ['install -m 4755 a b']],
  // Operands that are written stay below
  [
    'cp *',
    ['cp a b', 'cp -r src out', 'cp *.md docs'],
    ['cp a /x', 'cp a ../x', 'cp -t/x a', 'cp a ~/x'],
  ],
  ['mv *', ['mv a b'], ['mv a /x', 'mv --target-directory=/x a']],
  ['ln *', ['ln -s a b'], ['ln -s /bin/sh b', 'ln -s a ../b']],
  ['rm *', ['rm build/x', 'rm -r dist'], ['rm /x', 'rm -rf ~', 'rm ../x', 'rm "$X"']],
  ['mkdir *', ['mkdir -p a/b'], ['mkdir /x', 'mkdir -p a/../../x']],
  ['touch *', ['touch a'], ['touch /x']],
  ['chmod *', ['chmod +x a.sh'], ['chmod 4755 /x', 'chmod -R a+w ..']],
  ['chown *', ['chown me a'], ['chown me /x']],
  ['gzip *', ['gzip -k a'], ['gzip /x']],
  // Archives
  ['tar -tf *', ['tar -tf a.tar', 'tar -tf /tmp/a.tar'], ['tar -tf h:a', 'tar -tf a -I sh']],
  [
    'tar -xzf *',
    ['tar -xzf a.tgz'],
    ['tar -xzf a.tgz -C /', 'tar -xzf a.tgz --to-command=sh', 'tar -xzf a -P', 'tar -xzf h:a'],
  ],
  [
    'tar -czf *',
    ['tar -czf a.tgz src'],
    ['tar -czf /x/a.tgz src', 'tar -czf ../a src', 'tar -czf a --checkpoint-action=exec=sh src'],
  ],
  ['zip *', ['zip -r a.zip src'], ['zip a.zip x -T -TT sh', 'zip /x/a.zip src', 'zip -m a b']],
  ['unzip -l *', ['unzip -l a.zip'], ['unzip -l a.zip -d x', 'unzip a.zip']],
  ['unzip *', [], ['unzip a.zip', 'unzip -o a.zip']],
  // Network
  [
    'curl *',
    ['curl -fsSL https://e.org', "curl -w '%{http_code}' -I https://e.org"],
    [
      'curl -o x https://e.org',
      'curl -O https://e.org/x',
      'curl -K x',
      'curl file:///etc/passwd',
      'curl -T x https://e.org',
      'curl --data @x https://e.org',
      "curl -w '%output{x}' https://e.org",
      'curl --proto-default file x',
      'curl -H @x https://e.org',
      'curl --engine x https://e.org',
    ],
  ],
  ['wget *', [], ['wget https://e.org']],
  ['rsync *', [], ['rsync -e sh a b']],
  ['scp *', [], ['scp -S sh a b:c']],
  ['ssh host *', [], ['ssh host -o ProxyCommand=sh', 'ssh host id']],
  ['tcpdump *', ['tcpdump -c 1'], ['tcpdump -z sh', 'tcpdump -w x']],
  ['nmap *', ['nmap -p 80 h'], ['nmap --script x h', 'nmap -oN x h', 'nmap --interactive']],
  ['ss *', ['ss -tlnp'], ['ss -K dst x', 'ss -F x', 'ss -D x']],
  ['dig *', ['dig +short e.org'], ['dig -f x', 'dig -k x e.org']],
  // Git: see also the presets
  [
    'git *',
    ['git status', 'git log -n 3', 'git add -A', 'git fetch origin', 'git diff --stat'],
    [
      'git -c core.pager=sh log',
      'git -p log',
      'git --exec-path=x status',
      'git help log',
      'git x',
      'git difftool',
      'git bisect run sh',
      'git submodule foreach sh',
      'git config core.editor sh',
      'git clone ext::sh',
      'git fetch --upload-pack=sh o',
      'git grep -Osh a',
      'git log --output=x',
      'git diff --ext-diff',
      'git rebase -x sh',
    ],
  ],
  [
    'git push *',
    ['git push -u origin main'],
    ['git push --receive-pack=sh o', 'git push --exec=sh o'],
  ],
  [
    'git remote *',
    ['git remote -v', 'git remote get-url origin'],
    ['git remote set-url origin x', 'git remote add a ext::sh', 'git remote rename a b'],
  ],
  ['git rev-parse *', ['git rev-parse --git-dir', 'git rev-parse HEAD'], ['git rev-parse > x']],
  ['just *', ['just test'], ['just -f x', 'just --shell sh', 'just -c sh', 'just --command sh']],
  ['mix *', ['mix test'], ['mix run -e x', 'mix cmd sh', 'mix do test, cmd sh']],
  ['pre-commit *', ['pre-commit run -a'], ['pre-commit try-repo x', 'pre-commit run -c x']],
  ['prisma *', [], ['prisma db execute --file x']],
  ['git archive *', [], ['git archive --exec=sh HEAD', 'git archive -o x HEAD']],
  // Packages and builds
  [
    'npm *',
    ['npm test', 'npm ls --depth=0', 'npm run build -- --watch'],
    [
      'npm exec x',
      'npm install x',
      'npm test --prefix /x',
      'npm test -prefix /x',
      'npm test -script-shell=/x',
      'npm test --node-opt=x',
      'npm i -g x',
      'npm audit fix',
      'npm help test',
      'npm config set a b',
      'npm -c x run a',
    ],
  ],
  [
    'npm install *',
    ['npm install left-pad@1'],
    ['npm install ./x', 'npm install git+https://x', 'npm install a --script-shell=x'],
  ],
  [
    'pnpm *',
    ['pnpm test', 'pnpm run lint'],
    ['pnpm exec x', 'pnpm dlx x', 'pnpm -C /x test', 'pnpm run sh'],
  ],
  [
    'yarn *',
    ['yarn test', 'yarn run build'],
    ['yarn exec x', 'yarn run node', 'yarn --cwd /x test'],
  ],
  ['npx tsc *', ['npx tsc --noEmit'], ['npx tsc --outDir /x', 'npx tsc -generateTrace x']],
  ['pip *', ['pip list', 'pip show x'], ['pip install x', 'pip download x', 'pip config set a b']],
  [
    'pip install *',
    ['pip install requests==2.0'],
    [
      'pip install -r x',
      'pip install ./x',
      'pip install -e .',
      'pip install --target /x y',
      'pip install git+https://x',
    ],
  ],
  ['uv run pytest *', ['uv run pytest -q'], ['uv run pytest -c x', 'uv run --with x pytest']],
  [
    'cargo *',
    ['cargo test --all', 'cargo build --target x86_64-unknown-linux-musl'],
    [
      'cargo run',
      'cargo install x',
      'cargo test --config a=b',
      'cargo build --target-dir /x',
      'cargo doc --open',
    ],
  ],
  [
    'go test *',
    ['go test ./... -run TestX -v'],
    [
      'go test -exec sh .',
      'go test --toolexec=sh .',
      'go test -o x .',
      'go test -test.cpuprofile=x .',
      'go test --coverprofile=x',
    ],
  ],
  [
    'go *',
    ['go vet ./...', 'go list ./...'],
    ['go run .', 'go generate', 'go env -w a=b', 'go install x', 'go get x', 'go tool x'],
  ],
  [
    'make *',
    ['make -j4 build'],
    [
      'make -f x',
      'make --eval=x',
      'make -C /x',
      'make A=b',
      'make SHELL=x a',
      "make '$(shell id)'",
    ],
  ],
  ['cmake *', [], ['cmake -P x', 'cmake -E env sh']],
  ['ninja *', ['ninja -j4'], ['ninja -C /x', 'ninja -f x', 'ninja -t browse']],
  [
    'gradle *',
    ['gradle test'],
    ['gradle -I x test', 'gradle -b x', 'gradle --init-script=x t', 'gradle -Dx=y t'],
  ],
  [
    'mvn *',
    ['mvn -q test', 'mvn -ntp verify'],
    ['mvn exec:java', 'mvn -Dexec=x test', 'mvn -f x', 'mvn -s x test'],
  ],
  [
    'gcc *',
    ['gcc -Wall -c a.c'],
    [
      'gcc -o /x a.c',
      'gcc -wrapper sh a.c',
      'gcc -fplugin=x a.c',
      'gcc @x',
      'gcc -B . a.c',
      'gcc -MJ x a.c',
    ],
  ],
  ['gcc-12 *', ['gcc-12 -Wall -c a.c'], ['gcc-12 -wrapper sh a.c', 'gcc-12 -fplugin=x a.c']],
  [
    'clang-15 *',
    ['clang-15 -c a.c'],
    ['clang-15 -fuse-ld=/x a.c', 'clang-15 -load x a.c', 'clang-15 -Xclang x a.c'],
  ],
  [
    'x86_64-linux-gnu-gcc *',
    ['x86_64-linux-gnu-gcc -c a.c'],
    ['x86_64-linux-gnu-gcc -specs=x a.c'],
  ],
  ['ld *', [], ['ld -plugin x a.o']],
  ['as *', [], ['as -o /x a.s']],
  ['rustc *', [], ['rustc -C linker=sh a.rs', 'rustc a.rs -o /x']],
  // Checks
  [
    'pytest *',
    ['pytest -x -q tests', 'pytest -k "a or b" --cov=src --cov-report=term-missing'],
    [
      'pytest -p x',
      'pytest --rootdir=/x',
      'pytest /x',
      'pytest @x',
      'pytest --tx popen//python=x',
      'pytest --html=x',
      'pytest -W error::x.Y',
    ],
  ],
  [
    'mypy *',
    ['mypy --strict src', 'mypy --ignore-missing-imports src'],
    [
      'mypy --config-file x .',
      'mypy --install-types',
      'mypy --inst',
      'mypy --python-exec x .',
      'mypy @x',
      'mypy --html-report x .',
    ],
  ],
  [
    'pylint *',
    ['pylint src'],
    [
      'pylint --init-hook=x src',
      'pylint --load-plugins=x s',
      'pylint --rcfile=x s',
      'pylint --init=x s',
    ],
  ],
  [
    'ruff *',
    ['ruff check --fix src', 'ruff format .'],
    ['ruff check --config x', 'ruff server', 'ruff check -o x', 'ruff clean'],
  ],
  [
    'eslint *',
    ['eslint src --fix --ext .ts', 'eslint --max-warnings 0 .'],
    [
      'eslint -c x',
      'eslint --rulesdir x .',
      'eslint --plugin x .',
      'eslint -o x .',
      'eslint -f ./x .',
      'eslint --resolve-plugins-relative-to x .',
    ],
  ],
  [
    'prettier *',
    ['prettier --write src', 'prettier --check .'],
    ['prettier --plugin=./x .', 'prettier --config x .', 'prettier --write /x'],
  ],
  [
    'jest *',
    ['jest --coverage', 'jest -t "a b"', 'jest --runInBand'],
    [
      'jest --config x',
      'jest --setupFiles ./x',
      'jest --testRunner=x',
      'jest --rootDir=/x',
      'jest --globalSetup x',
      'jest --filter=x',
    ],
  ],
  [
    'vitest *',
    ['vitest run a.test.ts', 'vitest --run --reporter=verbose'],
    [
      'vitest --config x',
      'vitest -c x',
      'vitest -r /x',
      'vitest --typecheck.checker=x',
      'vitest --outputFile=x',
    ],
  ],
  [
    'mocha *',
    ['mocha -g "a" test'],
    ['mocha -r x', 'mocha --require x', 'mocha -R x', 'mocha --loader=x'],
  ],
  [
    'tsc *',
    ['tsc --noEmit --strict', 'tsc -p tsconfig.json'],
    ['tsc --outDir x', 'tsc -outdir x', 'tsc -p /x', 'tsc @x', 'tsc -b', 'tsc --plugins x'],
  ],
  ['rspec *', ['rspec spec'], ['rspec -r ./x', 'rspec -O x', 'rspec -o x', 'rspec -f ./x']],
  [
    'rubocop *',
    ['rubocop app'],
    ['rubocop -r ./x', 'rubocop -c x', 'rubocop --plugin x', 'rubocop -o x'],
  ],
  [
    'phpunit *',
    ['phpunit tests'],
    ['phpunit --bootstrap x', 'phpunit -c x', 'phpunit -d a=b', 'phpunit --log-junit x'],
  ],
  [
    'esbuild *',
    ['esbuild src/a.ts --bundle'],
    [
      'esbuild a.ts --outfile=x',
      'esbuild a.ts --outdir=x',
      'esbuild --inject:x a',
      'esbuild a --servedir=.',
    ],
  ],
  ['nyc *', [], ['nyc sh', 'nyc npm test']],
  ['c8 *', [], ['c8 sh']],
  ['lerna *', ['lerna ls'], ['lerna exec sh']],
  ['nx *', ['nx test app'], ['nx exec sh', 'nx generate x']],
  // Containers, clouds, services
  [
    'docker *',
    ['docker ps -a', 'docker images', 'docker compose ps', 'docker volume ls'],
    [
      'docker run x',
      'docker exec x sh',
      'docker cp a b',
      'docker -H x ps',
      'docker compose up',
      'docker compose -f x ps',
      'docker build .',
    ],
  ],
  ['docker compose up *', ['docker compose up -d'], ['docker compose exec x sh']],
  [
    'docker-compose *',
    ['docker-compose ps'],
    ['docker-compose exec x sh', 'docker-compose -f x ps'],
  ],
  [
    'kubectl *',
    ['kubectl get pods', 'kubectl logs -f x', 'kubectl auth can-i get pods'],
    [
      'kubectl exec x -- sh',
      'kubectl apply -f x',
      'kubectl x',
      'kubectl --kubeconfig x get',
      'kubectl get -o go-template-file=x',
      'kubectl delete pod x',
      'kubectl debug x',
      'kubectl get --raw /x',
    ],
  ],
  [
    'kubectl scale *',
    ['kubectl scale deploy/x --replicas=2'],
    ['kubectl scale -f x', 'kubectl scale --kubeconfig=x a'],
  ],
  ['helm *', [], ['helm install a b --post-renderer sh']],
  ['terraform *', [], ['terraform console', 'terraform apply']],
  [
    'gh *',
    ['gh pr list', 'gh run view 1'],
    [
      'gh pr view -w',
      'gh alias set x !sh',
      'gh api x',
      'gh extension exec x',
      'gh pr merge 1',
      'gh pr checkout 1',
    ],
  ],
  ['glab *', [], ['glab alias set x sh']],
  ['aws *', [], ['aws configure', 'aws s3 cp a b']],
  ['gcloud *', [], ['gcloud compute ssh x']],
  [
    'systemctl *',
    ['systemctl status x --no-pager', 'systemctl --user is-active x'],
    [
      'systemctl link /x',
      'systemctl edit x',
      'systemctl -H h status',
      'systemctl set-environment A=b',
      'systemctl poweroff',
      'systemctl -p status poweroff',
      'systemctl enable x',
    ],
  ],
  [
    'systemctl restart *',
    ['systemctl restart app'],
    ['systemctl restart -H h app', 'systemctl restart --root=/x app'],
  ],
  [
    'journalctl *',
    ['journalctl -u x -n 50 --no-pager'],
    ['journalctl -D x', 'journalctl --file=x', 'journalctl -i x', 'journalctl --vacuum-size=1'],
  ],
  ['service *', [], ['service ../../x start']],
  ['crontab *', [], ['crontab x', 'crontab -e']],
  // Packages of the system
  [
    'apt *',
    ['apt list --installed', 'apt search x'],
    [
      'apt install x',
      'apt changelog x',
      'apt -o a=b list',
      'apt list -o Dir::Bin::dpkg=sh',
      'apt edit-sources',
    ],
  ],
  ['apt-cache *', ['apt-cache policy x'], ['apt-cache -c x policy', 'apt-cache -o a=b policy']],
  ['dpkg -l *', ['dpkg -l bash'], ['dpkg -l -i x.deb', 'dpkg -l --pre-invoke=sh', 'dpkg -i x.deb']],
  ['rpm -qi *', ['rpm -qi bash'], ['rpm -qi --eval x', 'rpm -qi --pipe sh x', 'rpm -i x']],
  [
    'dnf *',
    ['dnf list', 'dnf info x'],
    ['dnf install x', 'dnf -c x list', 'dnf list --setopt=a=b', 'dnf shell x'],
  ],
  ['brew *', [], ['brew install x', 'brew ruby x']],
  ['snap *', ['snap list'], ['snap install x', 'snap run x']],
  // Programs that are shells in disguise
  ['vim *', [], ['vim -c x', 'vim a', 'vim']],
  ['less *', [], ['less a']],
  ['man *', [], ['man -P sh ls', 'man ls']],
  ['gdb *', [], ['gdb -ex x', 'gdb a']],
  ['env *', [], ['env sh', 'env -S sh']],
  ['xargs *', [], ['xargs sh']],
  ['python3 *', [], ['python3 a.py', 'python3 -c x', 'python3 -m os']],
  ['node *', [], ['node a.js', 'node -e x']],
  ['deno *', [], ['deno run x', 'deno eval x']],
  ['bun *', [], ['bun x', 'bun run x']],
  ['sqlite3 *', [], ["sqlite3 a '.shell id'", 'sqlite3 a']],
  ['psql *', [], ["psql -c '\\! id'", 'psql -f x']],
  ['mysql *', [], ["mysql -e '\\! id'"]],
  ['redis-cli *', [], ['redis-cli eval x 0', 'redis-cli ping']],
  ['openssl *', [], ['openssl req -engine x', 'openssl enc -in a -out /x']],
  ['gpg *', [], ['gpg --output /x a']],
  ['ffmpeg *', [], ['ffmpeg -i a /x']],
  ['convert *', [], ['convert a /x']],
  ['strace *', [], ['strace sh', 'strace -o /x id']],
  ['perf *', [], ['perf record sh']],
  ['nc *', [], ['nc -e sh h 1']],
  ['ip *', [], ['ip netns exec x sh', 'ip -b x']],
  ['top *', [], ['top -b']],
  ['at *', [], ['at -f x now']],
  ['ansible *', [], ['ansible all -a id']],
  ['vagrant *', [], ['vagrant ssh']],
  ['virsh *', [], ['virsh edit x']],
  // A program that no table knows: whoever writes the rule vouches for all of its words.
  ['mytool *', ['mytool --exec=x /y', 'mytool'], ['./mytool x', 'mytool x > y']],
];

test('a shell in disguise is not started by a rule for its words, only by one for itself', () => {
  const both = { allow: ['echo *', 'sash *'] };
  expect(judgeLine('echo id | sash', both).effect).toBe('ask');
  expect(judgeLine('screen', { allow: ['screen *'] }).effect).toBe('ask');
  expect(judgeLine('vim', { allow: ['vim'] }).effect).toBe('allow');
});

test('a path that is spelled from the root is below when the working directory is', () => {
  const rules = { allow: ['mkdir *', 'pytest *', 'cp *', 'python3 -m pytest *'] };
  const effect = (line: string, cwd: string) => judgeLine(line, rules, { cwd }).effect;
  const lines = ['mkdir -p /srv/app/x', 'pytest /srv/app/t.py', 'cp /srv/app/a /srv/app/b'];
  expect(lines.map((line) => effect(line, '/srv/app'))).toEqual(['allow', 'allow', 'allow']);
  expect(effect('python3 -m pytest /srv/app/t', '/srv/app')).toBe('allow');
  expect(lines.map((line) => effect(line, '/srv/other'))).toEqual(['ask', 'ask', 'ask']);
  expect(effect('cp /srv/app/a /srv/app/../b', '/srv/app')).toBe('ask');
  expect(effect('mkdir /etc/x', '/etc')).toBe('ask');
  expect(effect('mkdir /x', '/')).toBe('ask');
});

test('what is denied is denied behind every program that runs others', () => {
  const carriers = 'chronic ifne mpirun watchexec nyc c8 setlock openvt opam hatch'.split(' ');
  const rules = { allow: ['*'], deny: ['rm -rf *'] };
  const effects = carriers.map((name) => judgeLine(`${name} rm -rf x`, rules).effect);
  expect(effects).toEqual(carriers.map(() => 'deny'));
  const unknown = ['vim rm -rf x', 'lefthook rm -rf x', 'tox rm -rf x'];
  expect(unknown.filter((line) => judgeLine(line, rules).effect === 'allow')).toEqual([]);
});

test.each(ROWS)('%s covers what is harmless and nothing else', (pattern, covered, never) => {
  const effect = (line: string) => judgeLine(line, { allow: [pattern] }).effect;
  expect({
    asked: covered.filter((line) => effect(line) !== 'allow'),
    allowed: never.filter((line) => effect(line) === 'allow'),
  }).toEqual({ asked: [], allowed: [] });
});
