import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

/** A script that makes a shell complete the commands: `eval "$(supanest completion bash)"`. */
export function completionFor(shell: ShellName, program: Command): string {
  const top = namesOf(program);
  const nested = program.commands
    .map((command): [string, string[]] => [command.name(), namesOf(command)])
    .filter(([, names]) => names.length > 0);
  return shell === 'fish' ? fish(top, nested) : `${shell === 'zsh' ? ZSH : ''}${bash(top, nested)}`;
}

type Nested = readonly (readonly [string, readonly string[]])[];

/** zsh understands the scripts of bash, once told to. */
const ZSH = 'autoload -Uz compinit && compinit\nautoload -Uz bashcompinit && bashcompinit\n';

function bash(top: readonly string[], nested: Nested): string {
  const cases = nested.map(([name, names]) => `    ${name}) words="${names.join(' ')}" ;;`);
  return `_supanest() {
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${top.join(' ')}"
  elif [ "$COMP_CWORD" -eq 2 ]; then case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _supanest supanest
`;
}

function fish(top: readonly string[], nested: Nested): string {
  const lines = nested.map(
    ([name, names]) =>
      `complete -c supanest -n "__fish_seen_subcommand_from ${name}" -a "${names.join(' ')}"`,
  );
  return `complete -c supanest -n __fish_use_subcommand -a "${top.join(' ')}"\n${lines.join('\n')}\n`;
}

const namesOf = (command: Command): string[] => command.commands.map((each) => each.name());
