// Programs that only print what they are told or read, whatever words follow and as far as the
// danger tables let a wildcard reach: `allow: ls *` needs no second thought. Names only.
import { list } from './danger-spec.ts';

/** By program name. A program that is not here counts as one that could do anything. */
export const HARMLESS_PROGRAMS: ReadonlySet<string> = new Set(
  list(
    'arch basename cal cat cksum cmp column comm cut date df diff dirname du echo egrep expr ' +
      'factor false fgrep file fold free getconf grep groups head hexdump hostname id join jq ls ' +
      'lsb_release lscpu md5sum nl nproc numfmt od paste printenv printf ps pwd readlink ' +
      'realpath rev rg seq sha1sum sha256sum sha512sum sleep sort stat strings sum tac tail test ' +
      'tr tree true tty type uname uniq uptime users wc which who whoami yes',
  ),
);
