#!/bin/sh
# agreement.sh -- CPU profiles of the same program at several rates, and with each
# source of the sampling clock, agree with each other (Mytkowicz et al., PLDI 2010).
#
#   sh bench/agreement.sh [PROGRAM...]        (all of bench/programs/; QUICK=1: three)
#
# Each program runs for $SECONDS_EACH seconds of CPU time (10; QUICK=1: 0.3) at each rate.
# The share of a function is that of the samples in which it is the innermost function
# of the program. It prints for each program the numbers of samples, the function on
# which two profiles differ most, the difference in points, the allowed difference
# (1 point and 2.6 standard errors), and the largest difference of a profile from the
# count hook in Lua that is usual. Functions below 2 % are not compared. `N !`: so many
# differences are larger than allowed; then the exit status is 1, unless QUICK is set.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
seconds=${SECONDS_EACH:-$(by_mode 10 0.3)}

export LUA_PATH="bench/lua/?.lua;;"

sources=default
"$perilune" run --help | grep -q -e --cpu-source && sources="thread perf"

# profile RATE SOURCE: makes $folder/$program.NAME.stacks, and adds NAME to $names. A
# source that is not allowed here is left out.
profile() {
    name=$1${2:+-$2}
    base=$folder/$program.$name
    "$perilune" run --rate "$1" ${2:+--cpu-source "$2"} --cpu "$base.pb.gz" \
        bench/agreement/work.lua "bench/programs/$program.lua" "$seconds" \
        2>"$folder/error" || {
        [ "${2:-}" = perf ] && return 0
        cat "$folder/error" >&2
        exit 1
    }
    "$perilune" convert --exporters bench/exporters --to stacks \
        -o "$base.stacks" "$base.pb.gz"
    names="$names $name"
}

[ $# -gt 0 ] || [ -z "${QUICK:-}" ] || set -- bounce sieve towers
[ $# -gt 0 ] || set -- $(cd bench/programs && ls ./*.lua | sed 's|^\./||; s/\.lua$//')
printf '%-14s %-26s %-28s %6s  %5s      %6s\n' program samples 'differ most on' points \
    allowed hook
for program in "$@"; do
    names=
    for rate in 100 250 1000 4000; do
        for source in $sources; do
            [ "$source" != default ] || source=
            profile $rate $source
        done
    done
    HOOK_STACKS="$folder/$program.hook.stacks" "$perilune" run bench/accuracy/hook.lua \
        bench/agreement/work.lua "bench/programs/$program.lua" "$seconds" 2>/dev/null
    # shellcheck disable=SC2086 # words
    "$perilune" run bench/agreement/agree.lua "$folder" "$program" "$folder/outside" \
        $names hook 2>"$folder/error" || {
        cat "$folder/error" >&2
        exit 1
    }
done
outside=$(awk '{ n += $1 } END { print n + 0 }' "$folder/outside")
echo "larger than allowed: $outside"
[ "$outside" = 0 ] || [ -n "${QUICK:-}" ]
