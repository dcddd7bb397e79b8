// Short and long spellings of the same option, for rules that deny or ask: `rm -rf` is
// `rm --recursive --force`. A table of facts; it never makes an allow rule match more.

const TABLE: Readonly<Record<string, string>> = {
  rm: 'r=recursive R=recursive f=force i=interactive d=dir v=verbose',
  cp: 'r=recursive R=recursive f=force a=archive l=link s=symbolic-link t=target-directory',
  mv: 'f=force n=no-clobber t=target-directory',
  ln: 's=symbolic f=force',
  chmod: 'R=recursive f=silent v=verbose',
  chown: 'R=recursive f=silent',
  chgrp: 'R=recursive f=silent',
  mkdir: 'p=parents m=mode',
  git: 'f=force d=delete a=all m=message n=no-verify u=set-upstream b=branch',
  docker: 'f=force v=volumes a=all d=detach t=tty i=interactive p=publish e=env u=user',
  podman: 'f=force v=volumes a=all d=detach',
  kubectl: 'f=filename n=namespace A=all-namespaces l=selector o=output',
  npm: 'g=global f=force D=save-dev S=save',
  pip: 'r=requirement e=editable U=upgrade i=index-url t=target',
  curl:
    'o=output O=remote-name d=data X=request H=header T=upload-file k=insecure K=config ' +
    'L=location u=user F=form s=silent x=proxy',
  wget: 'O=output-document r=recursive m=mirror P=directory-prefix i=input-file e=execute',
  tar: 'x=extract c=create f=file C=directory t=list z=gzip j=bzip2 v=verbose P=absolute-names',
  sort: 'o=output T=temporary-directory',
  sed: 'i=in-place n=quiet e=expression f=file',
  grep: 'r=recursive f=file e=regexp',
  rsync: 'e=rsh a=archive n=dry-run r=recursive',
  kill: 's=signal l=list',
  userdel: 'r=remove f=force',
  usermod: 'a=append G=groups',
  systemctl: 'f=force H=host M=machine',
  shutdown: 'h=halt r=reboot P=poweroff H=halt c=cancel',
  make: 'f=file C=directory j=jobs B=always-make',
};

const forms = new Map<string, readonly (readonly [string, string])[]>();
for (const [name, text] of Object.entries(TABLE)) {
  const pairs = text.split(' ').map((pair): readonly [string, string] => {
    const [short = '', long = ''] = pair.split('=');
    return [short, long];
  });
  forms.set(name, pairs);
}

const longs = new Set([...forms.values()].flatMap((pairs) => pairs.map(([, long]) => long)));

/** Whether some program has a short spelling of this long option. */
export function isInLongForms(long: string): boolean {
  return longs.has(long);
}

/** Pairs of a letter and its long option, for one program. */
export function longForms(name: string): readonly (readonly [string, string])[] {
  return forms.get(name) ?? [];
}
