import { literalOf, type Piece } from './argv-element.ts'
import type { ParameterConfig } from './command-config.ts'

export interface ArgvProblem {
  readonly index: number
  readonly message: string
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Their argument is a program text by nature. No template may start one. */
const SHELLS = words('sh bash dash ash zsh ksh mksh csh tcsh fish rbash yash pwsh powershell cmd busybox toybox')

/** They run what their arguments name, so the program would not be fixed. */
const LAUNCHERS = words(
  'env xargs parallel nice ionice nohup timeout setsid stdbuf sudo su doas chroot unshare nsenter setpriv runuser ' +
    'time watch strace ltrace gdb script expect ssh flock taskset chrt unbuffer eval exec command docker podman nerdctl',
)

/** They read a program from an argument: no free text may reach one. */
const INTERPRETERS = words(
  'awk gawk mawk nawk sed gsed ed ex vi vim nvim emacs perl python pypy ruby node nodejs bun deno php lua luajit ' +
    'tclsh guile racket java jshell groovy scala R Rscript julia octave gnuplot bc dc sqlite psql mysql osascript m4',
)

/** Their first word chooses what they do: it must be written in the template. */
const MULTI_CALL = words(
  'git hg svn npm npx yarn pnpm pip pip3 uv poetry cargo go rustup dotnet mvn gradle make gmake ninja cmake just ' +
    'kubectl helm terraform apt apt-get dpkg rpm systemctl ip openssl gh',
)

/** Options whose value is, or leads to, a program. GNU lets long ones be shortened, so beginnings count too. */
const CODE_OPTIONS = [
  '--exec --eval --execute --command --expression --print --run --rsh --upload-pack --receive-pack --exec-path',
  '--config --config-env --pager --pre --to-command --use-compress-program --compress-program --checkpoint-action',
  '--rsync-path --open-files-in-pager --init-file --rcfile --require --import --loader --plugin --load --editor --shell',
].flatMap((line) => line.split(' '))

/** find's family: all that follows belongs to another program. */
const NESTED = words('-exec -execdir -ok -okdir')

/**
 * What makes an argv unsafe whatever the values are: the rules of SEMANTICS for templates, each with its reason.
 *
 * @param elements parsed, in order; `elements[0]` is the program
 */
export function argvProblems(
  elements: readonly (readonly Piece[])[],
  parameters: Readonly<Record<string, ParameterConfig>>,
): ArgvProblem[] {
  const program = literalOf(elements[0] ?? [])
  const problems = programProblems(program)
  const family = basename(program ?? '')
  let ended = false
  let nested = false
  let hasSubcommand = !MULTI_CALL.has(family)
  elements.forEach((pieces, index) => {
    const literal = literalOf(pieces)
    if (literal !== null) {
      if (hasControls(literal)) problems.push({ index, message: 'must not contain control characters' })
      nested ||= NESTED.has(literal)
      ended ||= index > 0 && literal === '--'
      hasSubcommand ||= index > 0 && /^[a-z][a-z-]*$/.test(literal)
      return
    }
    if (index === 0) return
    const previous = ended ? null : literalOf(elements[index - 1] ?? [])
    const message =
      (nested ? 'no placeholder may follow -exec: it would be an argument of another program' : null) ??
      (INTERPRETERS.has(family) && hasType(pieces, parameters, 'string')
        ? `${family} reads programs from its arguments: no string parameter may reach it`
        : null) ??
      (!hasSubcommand && startsFree(pieces, parameters)
        ? `the first word of ${family} chooses what it does: write it in the template, or use an enum`
        : null) ??
      (ended ? null : optionProblem(pieces, parameters, index > 1 ? previous : null)) ??
      shapeProblem(pieces, parameters)
    if (message !== null) problems.push({ index, message })
  })
  return problems
}

function programProblems(program: string | null): ArgvProblem[] {
  const problem = (message: string): ArgvProblem[] => [{ index: 0, message }]
  if (program === null) return problem('the program must be fixed: no placeholder in its place')
  if (!/^(?:\/[A-Za-z0-9._+/-]+|[A-Za-z0-9_][A-Za-z0-9._+-]*)$/.test(program)) {
    return problem('must be a program name or an absolute path')
  }
  const family = basename(program)
  if (SHELLS.has(family)) return problem(`${family} is a shell: name the program itself`)
  if (LAUNCHERS.has(family)) return problem(`${family} runs other programs: name the program itself`)
  return []
}

/** `/usr/bin/python3.11` is `python`. */
function basename(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1)
  return MULTI_CALL.has(name) ? name : name.replace(/[0-9.]+$/, '')
}

/** A placeholder may be an option's value, never its name, and never a program text. */
function optionProblem(
  pieces: readonly Piece[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  previous: string | null,
): string | null {
  const [head] = pieces
  const isOptional = pieces.some((piece) => piece.kind === 'slot' && canBeAbsent(parameters[piece.name]))
  if (previous !== null && takesCode(previous)) {
    return `no placeholder may follow ${previous}: such an option takes a program; put -- before the value if it is none`
  }
  if (previous?.startsWith('-') && previous !== '-' && isOptional && !hasType(pieces, parameters, 'bool')) {
    return `an optional value after ${previous} would leave that option to take the next argument; write --option={name}`
  }
  if (head?.kind !== 'text' || !head.text.startsWith('-')) return null
  if (takesCode(head.text.split('=')[0] ?? '')) return `no placeholder may be a value of ${head.text.split('=')[0]}`
  if (head.text.includes('=')) return null
  if (/^-[A-Za-z]$/.test(head.text) && !hasType(pieces, parameters, 'string')) {
    return hasType(pieces, parameters, 'path') ? 'give a path as an argument of its own, or as --option={name}' : null
  }
  return 'a placeholder must not become part of an option: write --option={name}, or an argument of its own'
}

/** `-c`, `-e` (also at the end of a short cluster, `-lc`), and the long options above or their beginnings. */
function takesCode(option: string): boolean {
  if (/^-[A-Za-z]{0,2}[ce]$/.test(option)) return true
  return option.length > 2 && option.startsWith('--') && CODE_OPTIONS.some((code) => code.startsWith(option))
}

/** What a slot may stand beside: a path must reach the program as it was checked; a flag is a whole argument. */
function shapeProblem(pieces: readonly Piece[], parameters: Readonly<Record<string, ParameterConfig>>): string | null {
  if (pieces.length === 1) return null
  if (hasType(pieces, parameters, 'bool')) return 'a bool parameter must be an argument of its own'
  if (!hasType(pieces, parameters, 'path')) return null
  const [head, tail] = pieces
  const isAttached = pieces.length === 2 && head?.kind === 'text' && tail?.kind === 'slot' && /[=:]$/.test(head.text)
  return isAttached ? null : 'a path parameter must be an argument of its own, or follow `=` or `:` at its end'
}

function startsFree(pieces: readonly Piece[], parameters: Readonly<Record<string, ParameterConfig>>): boolean {
  const [head] = pieces
  const type = head?.kind === 'slot' ? parameters[head.name]?.type : undefined
  return type === 'string' || type === 'path'
}

function hasType(
  pieces: readonly Piece[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  type: ParameterConfig['type'],
): boolean {
  return pieces.some((piece) => piece.kind === 'slot' && parameters[piece.name]?.type === type)
}

function canBeAbsent(parameter: ParameterConfig | undefined): boolean {
  return parameter !== undefined && parameter.type !== 'bool' && parameter.optional
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the rule
  return /[\x00-\x1f\x7f-\x9f]/.test(text) || !text.isWellFormed()
}
