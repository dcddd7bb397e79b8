// All programs with dangers, and those of which no wildcard covers any word. Facts only; which
// effect follows is decided in dangers.ts. A wildcard covers every word of a program that stands
// nowhere here: whoever allows `mytool *` vouches for all that mytool can do.
import { BUILD_PROGRAMS } from './danger-build.ts';
import { CHECK_PROGRAMS } from './danger-checks.ts';
import { FILE_PROGRAMS } from './danger-files.ts';
import { list, type ProgramDanger } from './danger-spec.ts';
import { SYSTEM_PROGRAMS } from './danger-systems.ts';

// Other programs of which every word can be a program, a file to write or a lever on the system.
const NEVER: Readonly<Record<string, string>> = {
  'could reach the control plane': 'countersign kill pkill killall skill snice xkill fuser',
  'runs programs from its text or keys':
    'vi vim view nvim ex rvim rview vimdiff nano pico emacs ed red joe jed micro kak helix hx ' +
    'gvim elvis vipw vigr visudo sudoedit mc lynx w3m links elinks mutt mail mailx nmail ' +
    'iex ghci irb pry bc dc m4 dmsetup dosbox ltrace cdist crash cscope ctags gdbserver ' +
    'rlogin restic tclsh wish latex pdflatex xelatex lualatex xetex luahbtex platex uplatex dvilualatex tex luatex pdftex gnuplot octave ' +
    'maxima units jrunscript jjs jshell byebug rake scons ant sbt bazel buck ' +
    'meson invoke fab nose tox nox ginsh hping3 iftop ipython jupyter knife msfconsole puppet ' +
    'salt chef-solo rpmbuild debuild rc-service service vagrant virsh zathura zypper ' +
    'borg tmate byobu wireshark tshark tasksh task slsh sqlmap sqsh smbclient run-mailcap ' +
    'finger write wall whiptail dialog zenity exiftool ffmpeg ffprobe convert magick identify ' +
    'mogrify composite gs ghostscript pandoc busctl dbus-send gdbus aoss arch-chroot cobc ' +
    'distcc easy_install eb espeak expand_command ispell aspell julia loginctl nsenter opkg ' +
    'pax pdb pexec rescomp rpmdb rpmquery rpmverify rtorrent scanmem setfacl sg tdbtool ' +
    'telnet update-alternatives ldd cpan csvtool dvips enscript facter genisoimage gimp highlight ' +
    'lwp-download lwp-request msgfilter nasm top htop atop tftp uudecode unsquashfs yelp xpad 7z 7za ' +
    'bridge fping mtr dmesg clamscan lp lpr cancel check_by_ssh check_cups grc sash pssh ' +
    ' xdotool xmodmap xmore yash zsoelim troff nroff groff ' +
    'soelim pic eqn tbl hexdump.sh watchman buildah skopeo ctr ' +
    'crictl runc lxd multipass aws gcloud az gsutil doctl glab hg bzr cvs fossil ' +
    'agetty ansible-test acr apport-cli arch-nspawn asterisk bashbug bconsole bee bpftrace cabal ' +
    'certbot check_ssl_cert code codex dhclient dnsmasq easyrsa fail2ban-client fastfetch forge ' +
    'fzf genie ghc ghci gtester hashcat jtag ksu latexmk lftp logrotate minicom ncdu ncftp ' +
    'needrestart neofetch nginx opencode openvt perlbug pg pkexec plymouth procmail psftp ranger ' +
    'rc rsyslogd runscript scrot setlock socket sshfs systemd-resolve resolvectl tailscale ' +
    'varnishncsa volatility xdg-user-dir yt-dlp youtube-dl zless bzless xzless zic bbot ' +
    'apache2 apache2ctl httpd mosquitto ksshell urlget claude gemini aider cursor emacsclient gcore ' +
    'tig lazygit gitk git-gui lazydocker dstat alpine bundler ffuf aa-exec check_log',
  'runs other programs':
    'chronic ifne zrun vidir vipe mpirun mpiexec srun sbatch salloc qsub torchrun accelerate ray ' +
    'watchexec zellij act hatch pdm rye opam stack lefthook husky sops chezmoi npm-run-all run-s ' +
    'run-p wireit nps dune lein clj clojure boot gulp grunt jake mage heroku vercel netlify ' +
    'firebase flyctl fly wrangler amplify cdk sam serverless sls prisma drizzle-kit typeorm ' +
    'sequelize knex alembic flask django-admin manage.py rails artisan celery gunicorn uvicorn ' +
    'hypercorn streamlit gradio supervisorctl pm2 launchctl jshell',
  'opens this machine to others': 'ngrok cloudflared localtunnel lt mitmproxy mitmdump frpc chisel',
  'prints or changes secrets': 'pass op bw vault secret-tool security gopass keybase age',
  'writes, moves or changes files':
    'unlink shred truncate fallocate mkfs mke2fs fdisk sfdisk parted gdisk wipefs losetup swapon ' +
    'rename prename mmv unison rclone restore dump tune2fs debugfs e2image xfs_db ' +
    'openvpn wg wg-quick ssh-keygen ssh-copy-id ssh-keyscan ssh-add keytool certutil setcap ' +
    'chattr sysctl iptables ip6tables nft ufw firewall-cmd modprobe insmod rmmod kmod ' +
    'useradd usermod userdel groupadd passwd chpasswd chsh chfn adduser deluser gpasswd ' +
    'ldconfig update-rc.d visudo hostnamectl timedatectl shutdown reboot halt poweroff init ' +
    'telinit kexec killall5 grub-install efibootmgr nvram fsck umount swapoff pivot_root ' +
    'sponge rimraf trash del shx defaults iptables-save arj qpdf ab dmsetup cryptsetup mdadm lvm strip objcopy ranlib',
};

const table = new Map<string, ProgramDanger>([
  ...Object.entries(FILE_PROGRAMS),
  ...Object.entries(BUILD_PROGRAMS),
  ...Object.entries(CHECK_PROGRAMS),
  ...Object.entries(SYSTEM_PROGRAMS),
  ['git', {}],
]);

function never(names: string, why: string): void {
  for (const name of list(names)) if (!table.has(name)) table.set(name, { never: why });
}

for (const [why, names] of Object.entries(NEVER)) never(names, why);

// Builtins that change what later words of the same line mean.
never(
  'export declare typeset local readonly unset alias unalias hash enable shopt trap bind complete ' +
    'compgen compopt source . let read mapfile readarray getopts eval exec builtin fc history ulimit umask ' +
    'wait jobs coproc caller set function select',
  'changes what later commands mean',
);

const awk = table.get('awk') ?? {};
for (const name of ['gawk', 'mawk', 'nawk']) table.set(name, awk);

/** The dangers of each program, by its name. */
export const DANGERS: ReadonlyMap<string, ProgramDanger> = table;
