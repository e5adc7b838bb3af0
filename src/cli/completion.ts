import { type Command, Help } from 'commander'

/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** What may stand behind a command such as `lynkr keys create`, or an option such as `lynkr usage --format`. */
interface Place {
  readonly words: string
  /** Options come last. */
  readonly offered: readonly string[]
}

/**
 * A script that completes names of commands, of their options and of what these may say; where none fits, the shell's own
 * completion of files remains. It holds all of that as text, so that no key that is pressed starts lynkr.
 */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, program.name())
  if (shell === 'fish') return fishScript(places)
  const bash = bashScript(places)
  return shell === 'bash'
    ? bash
    : `autoload -Uz compinit bashcompinit\n(( $+functions[compdef] )) || compinit\nbashcompinit\n${bash}`
}

function placesOf(command: Command, words: string): readonly Place[] {
  const help = new Help()
  const children = help.visibleCommands(command)
  const named = command.name() === 'help' && command.parent !== null ? help.visibleCommands(command.parent) : children
  const options = help.visibleOptions(command)
  const offered = [
    ...named.map((child) => child.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ...options.flatMap(({ long }) => long ?? []),
  ]
  const values = options.flatMap(({ long, argChoices }) =>
    argChoices === undefined ? [] : [{ words: `${words} ${long}`, offered: argChoices }],
  )
  return [{ words, offered }, ...values, ...children.flatMap((child) => placesOf(child, `${words} ${child.name()}`))]
}

/** How commands begin below the program itself. */
function quotedCommands(places: readonly Place[]): readonly string[] {
  return places.flatMap(({ words }, i) => (i === 0 || words.includes(' --') ? [] : [`'${words}'`]))
}

// Neither `path` nor `words`: to zsh these are no names of one's own.
function bashScript(places: readonly Place[]): string {
  return `_lynkr() {
  local place=lynkr begun="\${COMP_WORDS[COMP_CWORD]}" offered='' key i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
      ${quotedCommands(places).join('|')}) place="$place \${COMP_WORDS[i]}" ;;
    esac
  done
  for key in "$place" "$place \${COMP_WORDS[COMP_CWORD-1]}"; do
    case "$key" in
${places.map(({ words, offered }) => `      '${words}') offered='${offered.join(' ')}' ;;`).join('\n')}
    esac
  done
  [[ "$begun" == -* ]] || offered="\${offered%%--*}"
  COMPREPLY=($(compgen -W "$offered" -- "$begun"))
}
complete -o default -F _lynkr lynkr
`
}

function fishScript(places: readonly Place[]): string {
  return `function __lynkr_complete
  set -l place lynkr
  set -l begun (commandline -ct)
  set -l given (commandline -opc)
  set -l offered
  for word in $given[2..]
    contains -- "$place $word" ${quotedCommands(places).join(' ')}; and set place "$place $word"
  end
  for key in $place "$place $given[-1]"
    switch $key
${places.map(({ words, offered }) => `      case '${words}'\n        set offered ${offered.join(' ')}`).join('\n')}
    end
  end
  string match -q -- '-*' $begun; or set offered (string match -v -- '-*' $offered)
  set -l fitting (string match -- "$begun*" $offered)
  set -q fitting[1]; or set fitting (__fish_complete_path $begun)
  printf '%s\\n' $fitting
end
complete -c lynkr -f -a '(__lynkr_complete)'
`
}
