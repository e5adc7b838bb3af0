/** One property as seen from inside a container: what is tried, and what must come of it. */
export interface Probe {
  readonly property: string
  /** Shell text for busybox; its output, both streams, trimmed, is what `holds` sees. */
  readonly script: string
  readonly holds: (observed: string) => boolean
}

const refused = (observed: string): boolean =>
  /read-only|not permitted|denied|can't create|invalid argument|no such file/i.test(observed) &&
  !observed.includes('DONE')

/** Attempts at everything the sandbox must prevent. `DONE` is printed when an attempt succeeded. */
export const PROBES: readonly Probe[] = [
  {
    property: 'runs as nobody, without a group of the host',
    script: 'id -u; id -G',
    holds: (observed) => observed === '65534\n65534',
  },
  {
    property: 'has no capability, not even in the bounding set',
    script: 'grep Cap /proc/self/status | tr -s "\\t " ":"',
    holds: (observed) => observed !== '' && observed.split('\n').every((line) => /^Cap\w+:+0{16}$/.test(line)),
  },
  {
    property: 'cannot gain privileges through setuid programs',
    script: 'grep NoNewPrivs /proc/self/status',
    holds: (observed) => /1$/.test(observed),
  },
  {
    property: 'has the seccomp filter of the engine',
    script: 'grep "^Seccomp:" /proc/self/status',
    holds: (observed) => /2$/.test(observed),
  },
  {
    property: 'has no network but its own loopback',
    script: 'ls /sys/class/net; cat /proc/net/route | tail -n +2',
    holds: (observed) => observed === 'lo',
  },
  {
    property: 'reaches no address',
    script: 'nc -w 2 192.0.2.1 80 </dev/null && echo DONE; nc -w 2 169.254.169.254 80 </dev/null && echo DONE; true',
    holds: (observed) => /unreachable/i.test(observed) && !observed.includes('DONE'),
  },
  { property: 'cannot write to its root', script: 'touch /probe && echo DONE', holds: refused },
  {
    property: 'cannot write to a workspace that is to be read',
    script: 'touch /workspace/probe && echo DONE',
    holds: refused,
  },
  {
    property: 'cannot execute what it writes to /tmp',
    script: 'cp /bin/busybox /tmp/true && chmod +x /tmp/true && echo copied && /tmp/true && echo DONE; rm /tmp/true',
    holds: (observed) => observed.startsWith('copied') && refused(observed),
  },
  {
    property: 'has a /tmp of limited size, without setuid and devices',
    script:
      'grep " /tmp " /proc/mounts; dd if=/dev/zero of=/tmp/fill bs=1M count=64 2>&1 && echo DONE; rm -f /tmp/fill',
    holds: (observed) =>
      /nosuid,nodev,noexec/.test(observed) && /no space/i.test(observed) && !observed.includes('DONE'),
  },
  {
    property: 'finds nothing in its environment but PATH, LANG and HOME',
    script: 'env | grep -vE "^(PWD|OLDPWD|SHLVL)=" | cut -d= -f1 | sort',
    holds: (observed) => observed === 'HOME\nLANG\nPATH',
  },
  {
    property: 'cannot change the kernel through /proc',
    script: 'echo x >/proc/sys/kernel/hostname && echo DONE',
    holds: refused,
  },
  { property: 'cannot trigger the kernel', script: 'echo b >/proc/sysrq-trigger && echo DONE', holds: refused },
  {
    property: 'cannot read the memory of the host',
    script: 'head -c 16 /proc/kcore | wc -c; head -c 16 /dev/mem 2>&1 | grep -v "No such"',
    holds: (observed) => observed.endsWith('0') && observed.split('\n').length <= 2,
  },
  { property: 'cannot change its control group', script: 'mkdir /sys/fs/cgroup/probe && echo DONE', holds: refused },
  {
    property: 'sees no socket of a container engine',
    script: 'ls /run/docker.sock /var/run/docker.sock 2>/dev/null; find / -xdev -type s 2>/dev/null; echo none more',
    holds: (observed) => observed === 'none more',
  },
  {
    property: 'has no device of the host',
    script: 'find /dev -type b; find /dev -maxdepth 1 -type c | sort | tr "\\n" " "',
    holds: (observed) =>
      observed.split(' ').every((device) => /^\/dev\/(?:full|null|random|tty|urandom|zero|console)$/.test(device)),
  },
  { property: 'cannot make devices', script: 'mknod /tmp/disk b 8 0 && echo DONE', holds: refused },
  { property: 'cannot mount', script: 'mount -t tmpfs none /tmp && echo DONE', holds: refused },
  { property: 'cannot become root by a user namespace', script: 'unshare -U -r id && echo DONE', holds: refused },
  {
    property: 'shares no memory with others',
    script: 'ls -d /dev/shm',
    holds: (observed) => observed.includes('No such file'),
  },
  {
    property: 'leaves no core dump and opens at most 1024 files',
    script: 'ulimit -c; ulimit -n',
    holds: (observed) => observed === '0\n1024',
  },
  {
    property: 'sees no process but its own',
    script: 'head -c 17 /proc/1/cmdline; echo; ls -d /proc/[0-9]* | wc -l',
    holds: (observed) => /^\/sbin\/docker-init\n[1-9]$/.test(observed),
  },
]

const MARK = '--probe--'

/** All probes as one script, so that a container start is paid once. */
export function probeScript(): string {
  return PROBES.map(({ script }) => `echo ${MARK}; ( ${script} ) 2>&1`).join('\n')
}

/** What each probe printed, in their order; `''` for those that did not come to run. */
export function readProbes(stdout: string): string[] {
  const parts = stdout.split(`${MARK}\n`).slice(1)
  return PROBES.map((_, i) => (parts[i] ?? '').trim())
}
