// Options that execute, load or write elsewhere: programs for text, files, archives and the
// network. Facts only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

const FIND_WORDS = list(
  '-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls -files0-from',
);

const FD: ProgramDanger = {
  short: 'xXC',
  values: 'deEtSocj',
  long: list('exec exec-batch search-path base-directory ignore-file'),
  safe: list('exclude'),
};

const BAT: ProgramDanger = {
  long: list('pager paging config-file lessopen generate-config-file map-syntax diagnostic'),
  words: list('cache'),
};

/** They change what their operands name. */
const CHANGES: ProgramDanger = { localOperands: true };

/** By program name. */
export const FILE_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
  // Text and files
  find: { words: FIND_WORDS, singleDash: true },
  fd: FD,
  fdfind: FD,
  sort: {
    short: 'oT',
    values: 'kStb',
    long: list('output temporary-directory compress-program files0-from random-source'),
  },
  wc: { long: list('files0-from') },
  du: { short: 'X', long: list('files0-from exclude-from'), values: 'dBt' },
  uniq: { values: 'fsw' },
  bat: BAT,
  batcat: BAT,
  cp: CHANGES,
  mv: CHANGES,
  ln: CHANGES,
  rm: CHANGES,
  rmdir: CHANGES,
  mkdir: CHANGES,
  touch: CHANGES,
  chmod: CHANGES,
  chown: CHANGES,
  chgrp: CHANGES,
  dos2unix: CHANGES,
  unix2dos: CHANGES,
  last: { short: 'f', long: list('file') },
  lastb: { short: 'f', long: list('file') },
  cowsay: { short: 'fC' },
  cowthink: { short: 'fC' },
  pidstat: { short: 'e' },
  dmidecode: { short: 'd', long: list('dump-bin from-dump dev-mem') },
  hostname: { short: 'Fb', long: list('file boot') },
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
  file: {
    short: 'fmCzZ',
    values: 'eFP',
    long: list('files-from magic-file compile uncompress uncompress-noreport'),
  },
  diff: {
    long: list('from-file to-file exclude-from palette paginate starting-file'),
    safe: list('exclude'),
    short: 'XlS',
    values: 'UWxCDFI',
  },
  diff3: { long: list('diff-program') },
  sdiff: { long: list('diff-program output'), short: 'o' },
  delta: { never: 'runs pagers' },
  patch: { never: 'writes files that its input names' },
  sed: { short: 'if', values: 'el', long: list('in-place file') },
  awk: {
    short: 'fieElDopdW',
    values: 'Fv',
    long: list('file include load exec source dump-variables profile pretty-print debug'),
  },
  jq: {
    short: 'fL',
    long: list('from-file rawfile slurpfile argfile library-path run-tests'),
    safe: list('arg args raw-output raw-input slurp'),
  },
  yq: { short: 'ifs', long: list('inplace in-place from-file split-exp front-matter') },
  xxd: { short: 'r', words: ['-r', '-revert'] },
  tree: {
    short: 'oR',
    values: 'LPIHT',
    long: list('fromfile fromtabfile output gitfile infofile hintro houtro'),
  },
  less: { never: 'runs other programs from its keys and its environment' },
  more: { never: 'runs other programs from its keys' },
  most: { never: 'runs other programs from its keys' },
  man: { never: 'runs pagers and formatters' },
  // Archives
  tar: {
    bundled: true,
    short: 'fFIxTXCPKgVWUi',
    values: 'bHNL',
    plain: list('f x file extract get i'),
    long: list(
      'checkpoint-action to-command use-compress-program info-script new-volume-script rsh-command ' +
        'rmt-command volno-file files-from exclude-from extract get file directory transform xform ' +
        'absolute-names remove-files index-file listed-incremental unlink-first overwrite ' +
        'one-top-level keep-directory-symlink delete diff-command',
    ),
    safe: list('exclude list'),
  },
  zip: {
    short: 'TbOm',
    long: list('unzip-command test move out temp-path'),
    words: list('-TT -mm'),
    localOperands: true,
  },
  unzip: { never: 'writes the files that an archive names', looksWith: /^-(?:l|v|lv|t|Z|Z1)$/ },
  cpio: { never: 'writes files and can run commands' },
  ar: { never: 'writes files' },
  rar: { never: 'writes files and runs commands' },
  unrar: { never: 'writes the files that an archive names' },
  gzip: CHANGES,
  gunzip: CHANGES,
  bzip2: CHANGES,
  bunzip2: CHANGES,
  xz: { localOperands: true, long: list('files files0') },
  unxz: { localOperands: true, long: list('files files0') },
  zstd: {
    localOperands: true,
    short: 'oD',
    long: list('output-dir-flat output-dir-mirror filelist patch-from'),
  },
  unzstd: {
    localOperands: true,
    short: 'oD',
    long: list('output-dir-flat output-dir-mirror filelist'),
  },
  // Network
  curl: {
    short: 'oOKTFdcDECxXbuUtQrznP',
    values: 'HAemywYC',
    long: list(
      'output output-dir remote-name remote-name-all remote-header-name config upload-file form ' +
        'form-string data data-ascii data-binary data-raw data-urlencode json url-query cookie ' +
        'cookie-jar dump-header engine cert key cacert capath netrc-file proxy preproxy socks5 ' +
        'socks5-hostname socks4 socks4a trace trace-ascii stderr unix-socket abstract-unix-socket ' +
        'request user proxy-user resolve connect-to libcurl hsts alt-svc quote postquote ' +
        'prequote write-out doh-url mail-from etag-save ssl-sessions interface ' +
        'random-file egd-file crlfile pubkey netrc time-cond variable expand- create-dirs ' +
        'proto-default proto-redir ech etag-compare ipfs-gateway proxy-cert proxy-key ' +
        'proxy-cacert proxy-capath proxy-crlfile proxy-header proxy1.0 login-options ' +
        'dump-ca-embed trace-config ftp-port append knownhosts',
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
  tcpdump: { short: 'wzrFVZ', values: 'cinsG', long: list('relinquish-privileges') },
  dig: { short: 'fk' },
  ping: { short: 'f', values: 'cisWwI' },
  openssl: { never: 'loads engines and writes files' },
  gpg: { never: 'runs programs and writes files' },
};
