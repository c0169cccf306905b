import type { Candidate } from './candidate.js';

/** The shells that completion is there for. */
export const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type CompletionShell = (typeof completionShells)[number];

interface ShellOutput {
  /** The script that the shell reads once. It asks `swarmup completion SHELL -- WORDS` at each TAB. */
  readonly script: string;
  /** One candidate as that script reads it. */
  readonly line: (candidate: Candidate) => string;
}

const firstLine = (description = ''): string => description.split('\n')[0] ?? '';

const withTab = ({ value, description }: Candidate): string =>
  description === undefined ? value : `${value}\t${firstLine(description)}`;

/** bash breaks words at `:` and `=`, but only when it inserts the completed word. */
const bash = String.raw`_swarmup() {
  local before=${'$'}{COMP_LINE:0:COMP_POINT} words current found
  read -ra words <<<"$before"
  case $before in *[[:space:]]) words+=("") ;; esac
  current=${'$'}{words[${'$'}{#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r found; do
    COMPREPLY+=("${'$'}{found#"${'$'}{current%"${'$'}{current##*[:=]}"}"}")
  done < <(swarmup completion bash -- "${'$'}{words[@]:1}" 2>/dev/null)
  case ${'$'}{COMPREPLY[0]-} in *[:=]) compopt -o nospace ;; esac
}
complete -o default -F _swarmup swarmup
`;

const zsh = String.raw`#compdef swarmup
_swarmup() {
  local -a found open
  found=("${'$'}{(@f)$(swarmup completion zsh -- "${'$'}{(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  open=("${'$'}{(@M)found:#*(\\:|=)}")
  found=("${'$'}{(@)found:#(|*\\:|*=)}")
  if (( $#open )); then compadd -S '' -- "${'$'}{(@)open//\\:/:}"; fi
  if (( $#found )); then _describe swarmup found; fi
  (( $#open + $#found )) || _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _swarmup "$@"; else compdef _swarmup swarmup; fi
`;

const fish = String.raw`function __swarmup_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (swarmup completion fish -- $words[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c swarmup -f -a '(__swarmup_complete)'
`;

/** Windows PowerShell drops empty words, so the last one has an = before it. */
const powershell = String.raw`Register-ArgumentCompleter -Native -CommandName swarmup -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    swarmup completion powershell '--' @words "=$wordToComplete" 2>$null | ForEach-Object {
        $value, $description = $_ -split "${'`'}t", 2
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
    }
}
`;

export const shellOutputs: Readonly<Record<CompletionShell, ShellOutput>> = {
  bash: { script: bash, line: ({ value }) => value },
  zsh: {
    script: zsh,
    // _describe reads up to the first colon without a backslash.
    line: ({ value, description }) =>
      [value.replaceAll(':', String.raw`\:`), ...(description === undefined ? [] : [firstLine(description)])].join(':'),
  },
  fish: { script: fish, line: withTab },
  powershell: { script: powershell, line: withTab },
};

/** The words as they were typed. */
export function typedWords(shell: CompletionShell, words: readonly string[]): readonly string[] {
  return shell === 'powershell' ? [...words.slice(0, -1), (words.at(-1) ?? '').replace(/^=/, '')] : words;
}
