// Hosts that software is fetched from and logged in to, and what passes for them. Names only;
// nothing is looked up.
import { foldedSkeletons } from './confusables.ts';

const HOSTS =
  `adobe.com airbnb.com alibaba.com amazon.com amazonaws.com anthropic.com apache.org apple.com
  archlinux.org atlassian.com bitbucket.org bootstrapcdn.com chase.com cloudflare.com coinbase.com
  crates.io debian.org digitalocean.com discord.com docker.com docker.io dropbox.com ebay.com facebook.com
  fedoraproject.org getcomposer.org ghcr.io github.com githubusercontent.com gitlab.com gmail.com gnu.org
  golang.org google.com googleapis.com hashicorp.com heroku.com homebrew.sh huggingface.co icloud.com
  instagram.com jsdelivr.net kernel.org kubernetes.io letsencrypt.org linkedin.com live.com maven.org
  microsoft.com microsoftonline.com mozilla.org mysql.com netflix.com netlify.com nodejs.org nodesource.com
  npmjs.com npmjs.org nvidia.com office.com openai.com oracle.com outlook.com packagist.org paypal.com
  postgresql.org pypi.org python.org pythonhosted.org quay.io redhat.com reddit.com rubygems.org
  rust-lang.org rustup.rs signal.org slack.com sourceforge.net spotify.com stackoverflow.com steam.com
  stripe.com telegram.org terraform.io twitter.com ubuntu.com unpkg.com vercel.com visualstudio.com
  wellsfargo.com whatsapp.com wikipedia.org yahoo.com yarnpkg.com youtube.com`.split(/\s+/);

// Real names one letter away from a protected one.
const NEIGHBOURS = new Set([
  ...['gitlabs', 'dockers', 'oracles', 'amazons', 'appleid', 'hubgit', 'githubs', 'googles'],
  ...[
    'gitea',
    'slick',
    'livel',
    'office',
    'offices',
    'stream',
    'steam',
    'strip',
    'stripes',
    'nodes',
    'nodej',
  ],
]);

const DOMAINS: ReadonlySet<string> = new Set(HOSTS);
const NAMES: ReadonlySet<string> = new Set(HOSTS.map((host) => host.slice(0, host.indexOf('.'))));
// As eyes and fonts fold them.
const FOLDED: ReadonlyMap<string, string> = new Map([...NAMES].map((name) => [fold(name), name]));
/** Shorter names have too many honest neighbours. */
const SHORTEST_TYPO = 6;

let skeletons: ReadonlyMap<string, string> | null = null;

function fold(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll(/[1i]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('3', 'e')
    .replaceAll('5', 's');
}

/** The protected name that a label outside of ASCII looks like, accents aside, or null. */
export function labelTwin(label: string): string | null {
  skeletons ??= new Map(
    [...NAMES].flatMap((name) => foldedSkeletons(name).map((each) => [each, name])),
  );
  const bare = label
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[øØ]/g, 'o')
    .replaceAll(/[łŁ]/g, 'l')
    .replaceAll(/[đĐ]/g, 'd');
  for (const written of [label, bare]) {
    for (const each of foldedSkeletons(written)) {
      const twin = skeletons.get(each.replaceAll(/\p{M}/gu, ''));
      if (twin !== undefined && twin !== label.toLowerCase()) return twin;
    }
  }
  return null;
}

/** The protected host that an ASCII host could be mistaken for, or null. */
export function hostTwin(host: string): string | null {
  const labels = host.toLowerCase().split('.');
  if (labels.length < 2 || labels.length > 40) return null;
  for (let from = 0; from + 2 < labels.length; from += 1) {
    const pair = `${labels[from]}.${labels[from + 1]}`;
    if (DOMAINS.has(pair) && !isSuffix(labels, from)) return pair;
  }
  const name = labels[registrable(labels)] ?? '';
  if (NAMES.has(name)) return null;
  const folded = FOLDED.get(fold(name));
  if (folded !== undefined) return folded;
  if (name.length < SHORTEST_TYPO - 1 || NEIGHBOURS.has(name)) return null;
  for (const known of NAMES)
    if (known.length >= SHORTEST_TYPO && isOneEdit(known, name)) return known;
  return null;
}

// `github.com.cn` style names and mirrors keep the pair just before a two-letter end.
function isSuffix(labels: readonly string[], from: number): boolean {
  return from + 3 === labels.length && (labels[from + 2] ?? '').length === 2;
}

function registrable(labels: readonly string[]): number {
  const second = labels[labels.length - 2] ?? '';
  const isLong = labels.length > 2 && /^(?:co|com|net|org|ac|gov|edu)$/.test(second);
  return labels.length - (isLong ? 3 : 2);
}

/** True where one insertion, removal, change or swap of neighbours makes one from the other. */
function isOneEdit(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from += 1;
  const [restA, restB] = [a.slice(from), b.slice(from)];
  if (a.length > b.length) return restA.slice(1) === restB;
  if (a.length < b.length) return restA === restB.slice(1);
  const isSwap =
    restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return isSwap || restA.slice(1) === restB.slice(1);
}
