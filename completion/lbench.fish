# SPDX-License-Identifier: Apache-2.0
#
# Completion for fish: copy it to ~/.config/fish/completions/. It asks the program's own help.

function __lbench_help
    set -l words (commandline -opc)
    set -l sub
    test (count $words) -ge 2; and set sub $words[2]
    if contains -- "$sub" image store; and test (count $words) -ge 3
        set sub $sub $words[3]
    end
    $words[1] $sub -h 2>/dev/null
end

function __lbench_needs_command
    set -l words (commandline -opc)
    test (count $words) -eq 1; or begin
        test (count $words) -eq 2; and contains -- $words[2] image store
    end
end

complete -c lbench -n __lbench_needs_command -f -a '(__lbench_help | string replace -rf "^  ([a-z]{2,})(?: (?:[^a-z ]|oci:)\\S*)* +(.*)" "\$1\t\$2")'
complete -c lbench -n 'not __lbench_needs_command' -a '(__lbench_help | string replace -rf "^  (?:-., |    )(--[a-z-]+)(?: \\S+)?  +(.*)" "\$1\t\$2")'
