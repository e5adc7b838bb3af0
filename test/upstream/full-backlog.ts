/** An address of this machine that answers no knock: a listener that accepts nobody, with its queue filled up. */
export async function openFullBacklog(): Promise<{ readonly url: string; stop(): void }> {
  const child = Bun.spawn(['perl', '-e', PROGRAM], { stdin: 'pipe', stdout: 'pipe' })
  const { value } = await child.stdout.getReader().read()
  return { url: `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`, stop: () => child.kill() }
}

/** Bun and Node accept as soon as they can, so it takes another program; it ends with its stdin. */
const PROGRAM = `
use Socket; $| = 1;
socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(0, INADDR_LOOPBACK)); listen($s, 0);
my $at = getsockname($s); my @held;
for (1..3) { socket(my $c, PF_INET, SOCK_STREAM | 2048, 0); connect($c, $at); push @held, $c }
my ($port) = sockaddr_in($at); print "$port\n"; <STDIN>;
`
