// Options that execute, load or write elsewhere: programs for text, files, archives and the
// network. Facts only, from the programs' own manuals.
import { list, type ProgramDanger } from './danger-spec.ts';

const FIND_WORDS = list(
  '-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls -files0-from',
);

/** By program name. */
export const FILE_PROGRAMS: Readonly<Record<string, ProgramDanger>> = {
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
    short: 'fieElDopd',
    values: 'Fv',
    long: list('file include load exec source dump-variables profile pretty-print debug'),
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
  },
  unzip: { never: 'writes the files that an archive names' },
  cpio: { never: 'writes files and can run commands' },
  ar: { never: 'writes files' },
  rar: { never: 'writes files and runs commands' },
  unrar: { never: 'writes the files that an archive names' },
  gzip: { values: 'S', long: [] },
  // Network
  curl: {
    short: 'oOKTFdcDECxXbuUtQrz',
    values: 'HAemywYCP',
    long: list(
      'output output-dir remote-name remote-name-all remote-header-name config upload-file form ' +
        'form-string data data-ascii data-binary data-raw data-urlencode json url-query cookie ' +
        'cookie-jar dump-header engine cert key cacert capath netrc-file proxy preproxy socks5 ' +
        'socks5-hostname socks4 socks4a trace trace-ascii stderr unix-socket abstract-unix-socket ' +
        'request user proxy-user resolve connect-to libcurl hsts alt-svc quote postquote ' +
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
};
