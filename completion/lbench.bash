# SPDX-License-Identifier: Apache-2.0
#
# Completion for bash: `source completion/lbench.bash`, or copy it to /usr/share/bash-completion/completions/lbench.
# What there is to complete is read from the program's own help, so that it is never out of date.

# The words that begin the indented lines of `lbench … -h`: commands.
_lbench_commands() {
	"$1" "${@:2}" -h 2>/dev/null | sed -n 's/^  \([a-z]\{2,\}\)\( .*\|$\)/\1/p'
}

# Options, and for one of them what its help says behind it: "warm, fresh, fresh-min, cold (default: …)".
_lbench_options() {
	"$1" "${@:2}" -h 2>/dev/null | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'
}

_lbench_values() {
	local option=$1 help
	shift
	help=$("$@" -h 2>/dev/null | sed -n "s/^  \(-., \|    \)$option \([A-Z]*[^ ]*\)  *//p")
	help=$(sed 's/ *([^)]*)//g' <<<"$help")
	sed 's/, \| or /\n/g' <<<"${help##*: }" | sed -n '/^[a-z][a-z0-9-]*$/p'
}

_lbench() {
	local lbench=$1 word=$2 previous=$3 command=("${COMP_WORDS[1]:-}") list
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_lbench_commands "$lbench")" -- "$word")
		return
	fi
	if [[ ${command[0]} == image || ${command[0]} == store ]]; then
		if [[ $COMP_CWORD -eq 2 ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_lbench_commands "$lbench" "${command[0]}")" -- "$word")
			return
		fi
		command+=("${COMP_WORDS[2]}")
	fi
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_lbench_options "$lbench" "${command[@]}")" -- "$word")
		return
	fi
	case $previous in
	--policy)
		list="all $("$lbench" env 2>/dev/null | grep -o '[a-z]*@[0-9.]*\|never' | sort -u)"
		;;
	--*)
		list=$(_lbench_values "$previous" "$lbench" "${command[@]}")
		;;
	esac
	if [[ -n ${list:-} ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$list" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames 2>/dev/null
	fi
}

complete -F _lbench lbench ./lbench
