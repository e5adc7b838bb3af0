const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Their argument is a program text by nature. No template may start one. */
export const SHELLS = words(
  'sh bash dash ash zsh ksh mksh lksh oksh posh sash csh tcsh fish rbash yash osh ysh nu elvish xonsh pwsh powershell cmd ' +
    'busybox toybox coreutils',
)

/** They run what their arguments name, so the program would not be fixed. */
export const LAUNCHERS = words(
  'env xargs parallel nice ionice nohup timeout setsid stdbuf sudo su doas chroot unshare nsenter setpriv runuser ' +
    'time watch strace ltrace gdb script expect ssh flock taskset chrt unbuffer eval exec command docker podman nerdctl ' +
    'entr at batch screen tmux socat nc ncat netcat sshpass setarch linux prlimit choom numactl runcon pkexec ' +
    'capsh fakeroot faketime proot bwrap firejail systemd-run start-stop-daemon run-parts xvfb-run dbus-launch ' +
    'dbus-run-session ssh-agent rlwrap hyperfine perf valgrind chronic ifne pee mispipe logsave setlock softlimit chpst ' +
    'x86_64 i386 uname26 tini dumb-init catatonit gosu su-exec torsocks tsocks proxychains direnv dotenv bunx pnpx uvx pipx',
)

/** They read a program from an argument: no free text may reach one. */
export const INTERPRETERS = words(
  'awk gawk mawk nawk original-awk sed gsed ed red ex vi view vim rvim rview gvim vimdiff nvim emacs emacsclient less ' +
    'more most perl python pypy ipython bpython ptpython ruby node nodejs bun deno tsx ts-node php lua luajit tclsh wish ' +
    'guile racket java jshell ' +
    'groovy kotlin scala clojure R Rscript julia octave gnuplot ghci runghc ocaml erl elixir iex bc dc sqlite duckdb psql ' +
    'mysql mariadb redis-cli mongosh osascript m4 gs make gmake bmake just rake scons ant mail mailx ftp lftp sftp',
)

/** Their first word chooses what they do: it must be written in the template. */
export const MULTI_CALL = words(
  'git hg svn npm npx yarn pnpm pip pip3 uv poetry cargo go rustup dotnet mvn gradle make gmake ninja cmake just ' +
    'kubectl helm terraform apt apt-get dpkg rpm systemctl ip openssl gh bundle conda mise asdf hatch pdm pixi',
)

/** What follows these subcommands of theirs is another program and its arguments. */
export const RUNNING_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map<string, ReadonlySet<string>>([
  ['npm', words('exec x')],
  ['pnpm', words('exec dlx')],
  ['yarn', words('exec dlx')],
  ['git', new Set(['bisect run', 'submodule foreach'])],
  ['uv', new Set(['run', 'tool run'])],
  ...['poetry', 'conda', 'hatch', 'pdm', 'pixi'].map((family) => [family, words('run')] as const),
  ...['bundle', 'mise', 'asdf', 'kubectl'].map((family) => [family, words('exec')] as const),
])

/** Of these the program stands behind `--`: what comes before is a place or a version. */
export const NAMED_BEHIND_DASHES = words('kubectl mise')

/** What follows their first `--` are arguments of a program or script that they run, which reads options among them. */
export const HANDS_ON = words(
  'npm pnpm yarn composer cargo cross cargo-nextest dotnet cmake tox nox bazel bazelisk buck pants zig dune stack cabal ' +
    'turbo nx lerna task wasm-pack',
)

/** Behind a `--` these read options as before, or know none that ends them. */
export const ENDLESS = words(
  'find gcc g++ cc c++ gfortran ffmpeg ffprobe ffplay convert magick identify mogrify montage composite compare',
)

/** Options before the name of such a program that have no value; the word after any other is its value. */
export const VALUELESS = words(
  '-y --yes --no --no-install -q --quiet -s --silent -v --verbose -i -t -it -ti --stdin --tty -m --module --offline ' +
    '--prefer-offline --frozen --locked --isolated --no-sync --no-project --no-dev --all-extras --active --exact ' +
    '--no-capture-output --live-stream --recursive -r --workspaces --parallel',
)

/** The word after one of these is its value, not a subcommand. */
export const VALUE_OPTIONS = words('-C -c --git-dir --work-tree --namespace --prefix --directory --cwd --config-env')

/** Options of any program whose value is, or leads to, a program. GNU lets them be shortened: beginnings count too. */
export const CODE_OPTIONS = [
  '--exec --eval --execute --command --expression --print --run --rsh --upload-pack --receive-pack --exec-path',
  '--config --config-env --pager --pre --to-command --use-compress-program --compress-program --checkpoint-action',
  '--rsync-path --open-files-in-pager --init-file --rcfile --require --import --loader --plugin --editor --shell',
  '--load-plugins --config-file --post-renderer --python-executable --custom-typeshed-dir',
].flatMap((line) => line.split(' '))

/** Options of the same kind that mean something else, or nothing, to other programs. */
export const OWN_CODE_OPTIONS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['split', ['--filter']],
  ['tar', ['-I', '-F', '--info-script', '--new-volume-script', '--rsh-command', '--rmt-command']],
  ['cpio', ['--rsh-command', '--rmt-command']],
  ['zip', ['-TT', '--unzip-command']],
  ['man', ['-P', '-H', '--html', '--preprocessor']],
  ['install', ['--strip-program']],
  ...['diff', 'sdiff'].map((family) => [family, ['--diff-program']] as const),
  ['git', ['-x', '--extcmd', '-O', '-u', '--smtp-server', '--sendmail-cmd', '--to-cmd', '--cc-cmd', '--template']],
  ['rg', ['--hostname-bin']],
  ['fzf', ['--preview', '--bind', '--with-shell']],
  ['go', ['-exec', '-toolexec', '-vettool', '-ldflags', '-gccgoflags']],
  ...['gcc', 'g++', 'cc', 'c++', 'clang', 'clang++'].map((family) => {
    return [family, ['-wrapper', '-B', '-specs', '-fplugin', '-Xlinker', '-Wl']] as const
  }),
  ['scp', ['-S', '-o', '-F']],
  ['tcpdump', ['-z']],
  ['npx', ['--call']],
  ['npm', ['--call', '--script-shell']],
  ['cmake', ['-P', '-C', '-D']],
  ...['apt', 'apt-get', 'dpkg', 'rpm'].map((family) => {
    return [family, ['-o', '-D', '--option', '--define', '--pipe', '--pre-invoke', '--post-invoke']] as const
  }),
  ['gpg', ['--agent-program', '--dirmngr-program', '--keyserver-options', '--photo-viewer', '--options']],
  ['pandoc', ['-F', '-L', '--filter', '--lua-filter', '--pdf-engine']],
  ['pylint', ['--init-hook']],
  ['pytest', ['-p', '-o', '--override-ini']],
])

/** find's family: all that follows belongs to another program. */
export const NESTED = words('-exec -execdir -ok -okdir')

/** The same where these options are not find's. */
export const OWN_NESTED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  ['fd', 'fdfind'].map((family) => [family, words('-x -X --exec --exec-batch')] as const),
)

/** What a program for another machine begins with: `x86_64-linux-gnu-`, `arm-none-eabi-`, `i686-w64-mingw32-`. */
const MACHINE = /^(?:x86_64|i[3-6]86|aarch64|arm|riscv|ppc|powerpc|s390x|mips|loongarch)\w*(?:-\w+){1,3}-(?=[a-z])/

/**
 * The name that the lists above have: `/usr/bin/python3.11-dbg` is `python`, `vim.basic` is `vim`,
 * `x86_64-linux-gnu-gcc` is `gcc`; `m4` is itself.
 */
export function familyOf(program: string): string {
  const name = program
    .slice(program.lastIndexOf('/') + 1)
    .replace(MACHINE, '')
    .replace(/-static$/, '')
  const isKnown = MULTI_CALL.has(name) || INTERPRETERS.has(name) || LAUNCHERS.has(name)
  return isKnown ? name : name.replace(/(?<=[A-Za-z+])-?[0-9.].*$/, '')
}
