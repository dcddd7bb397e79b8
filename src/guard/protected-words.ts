// Words that a look-alike would be made of: what approvers read first. An entry costs nothing where
// nothing looks like it.
import { foldedSkeletons } from './confusables.ts';

const COMMANDS = `alias apk apt apt-get aptitude ash at awk aws az base64 bash bc brew bun bundle
  bunzip2 busybox bzip2 cal cargo cat cd chattr chgrp chmod chown chroot clear cmake cmp code comm
  composer cp cron crontab cryptsetup csh curl cut dash date dd deno df diff dig dir dmesg dnf docker
  dpkg du echo ed egrep emacs env eval exec exit export expr false fdisk fgrep file find fish flatpak
  fold free ftp gawk gcc gcloud gem getent gh git go gpg gradle grep groups gunzip gzip halt head helm
  host hostname htop id ifconfig install ip iptables java javac jobs journalctl jq kill killall kubectl
  ksh last ldd less link ln locate logout losetup ls lsblk lsof make man mkdir mkfifo mkfs mknod mktemp
  more mount mv mvn mysql mysqldump nano nc ncat netcat netstat nft nginx nice nmap node nohup npm npx
  nslookup openssl pacman parted passwd patch perl pg_dump php ping pip pip3 pipx pkill pnpm podman
  poweroff printenv printf ps psql pwd pwsh python python2 python3 read reboot redis-cli rename rev rm
  rmdir rsync ruby rustc scp screen sed service set sftp sh shred shutdown sleep snap socat sort source
  ssh ssh-add ssh-keygen stat strace su sudo swapoff sync sysctl systemctl tail tar tcpdump tee telnet
  terraform test time timeout tmux top touch tr traceroute true truncate ts-node tsx type ufw umount
  uname uniq unlink unset unzip useradd userdel usermod uv uvx vi vim visudo wall watch wc wget which
  whoami wipefs xargs xxd yarn yum zip zsh zypper`;

const SUBCOMMANDS = `add apply build checkout clean clone commit config create delete deploy down drop
  exec fetch force init install list login logout merge publish pull push rebase remove reset restart
  restore revert run start stash status stop switch tag uninstall up update upgrade`;

const OURS = 'approve reject deny allow cancel lockdown grant revoke pending history policy';

const PATHS = `bashrc bin boot dev documents downloads etc home lib log opt passwd proc profile root run
  sbin shadow srv ssh sudoers sys tmp usr var authorized_keys id_rsa id_ed25519 known_hosts`;

const VARIABLES = 'PATH HOME USER SHELL IFS LD_PRELOAD LD_LIBRARY_PATH NODE_OPTIONS PYTHONPATH';

let skeletons: ReadonlyMap<string, string> | null = null;

function table(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const list of [COMMANDS, SUBCOMMANDS, OURS, PATHS, VARIABLES]) {
    for (const word of list.split(/\s+/)) {
      for (const each of foldedSkeletons(word)) map.set(each, word);
    }
  }
  return map;
}

/** The protected word that this one looks like without being it, or null. */
export function protectedTwin(word: string): string | null {
  skeletons ??= table();
  const compatible = word.normalize('NFKC');
  const written = compatible === word ? [word] : [word, compatible];
  for (const each of written.flatMap(foldedSkeletons)) {
    const twin = skeletons.get(each);
    if (twin !== undefined && twin.toLowerCase() !== word.toLowerCase()) return twin;
  }
  return null;
}
