import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

/** A script that makes a shell complete commands and options: `eval "$(supanest completion bash)"`. */
export function completionFor(shell: ShellName, program: Command): string {
  const top = namesOf(program);
  const nested = program.commands
    .map((command): [string, string[]] => [command.name(), namesOf(command)])
    .filter(([, names]) => names.length > 0);
  const options = program.options.map(({ long }) => long ?? '').filter(Boolean);
  return shell === 'fish'
    ? fish(top, nested, options)
    : `${shell === 'zsh' ? ZSH : ''}${bash(top, nested, options)}`;
}

type Nested = readonly (readonly [string, readonly string[]])[];

/** zsh understands the scripts of bash, once told to. */
const ZSH = 'autoload -Uz compinit && compinit\nautoload -Uz bashcompinit && bashcompinit\n';

/** Options may stand before a command; only two of them take a word after them. */
function bash(top: readonly string[], nested: Nested, options: readonly string[]): string {
  const cases = nested.map(([name, names]) => `    ${name}) words="${names.join(' ')}" ;;`);
  return `_supanest() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}" place=0 command="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
    --url | --key) i=$((i + 1)) ;;
    -*) ;;
    *) place=$((place + 1)); [ "$place" -eq 1 ] && command="$word" ;;
    esac
  done
  if [ "\${current#-}" != "$current" ]; then words="${options.join(' ')}"
  elif [ "$place" -eq 0 ]; then words="${top.join(' ')}"
  elif [ "$place" -eq 1 ]; then case "$command" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _supanest supanest
`;
}

function fish(top: readonly string[], nested: Nested, options: readonly string[]): string {
  const lines = nested.map(
    ([name, names]) =>
      `complete -c supanest -f -n "__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${names.join(' ')}" -a "${names.join(' ')}"`,
  );
  const long = options.map((option) => `complete -c supanest -l ${option.slice(2)}`);
  return `${[`complete -c supanest -f -n __fish_use_subcommand -a "${top.join(' ')}"`, ...lines, ...long].join('\n')}\n`;
}

const namesOf = (command: Command): string[] => command.commands.map((each) => each.name());
