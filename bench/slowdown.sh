#!/bin/sh
# slowdown.sh -- slows one function at a time down by a known amount of CPU time, and
# compares what the CPU profile says with what was added (Burchell and Marr, OOPSLA
# 2025).
#
#   sh bench/slowdown.sh [PROGRAM...]        (all of bench/programs/; QUICK=1: three)
#
# Each function that has more than 2 % of its program's time is slowed down by 10, 50
# and 100 % of its own time. A C function that its first line calls burns the time: so
# many rounds of a loop, whose CPU time is measured in the same run. The time of a function is that of all samples
# in which it is the innermost function of the program. $SECONDS_EACH is the CPU time of
# each program (60; QUICK=1: 1).
#
# It prints the slope of what the profile says over what was added, by program, by level
# and of all functions, and for the last two the interval that holds 95 % of the slopes
# when the functions are drawn anew. The exit status is 1 if the last slope is not 1
# within 0.02, unless QUICK is set. Needs a build with BENCH=ON.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need_built bench/burn.so
seconds=${SECONDS_EACH:-$(by_mode 60 1)}

export LUA_PATH="bench/slowdown/?.lua;bench/lua/?.lua;;" LUA_CPATH="build/bench/?.so;;"

# profile NAME SECONDS [PLAN]: what slow.lua prints, and the profile as text.
profile() {
    base=$folder/$program.$1
    "$perilune" run --rate 1000 --cpu "$base.pb.gz" bench/slowdown/slow.lua \
        "bench/programs/$program.lua" "$2" ${3:+"$3"} >"$base.truth"
    "$perilune" convert --exporters bench/exporters --to stacks \
        -o "$base.stacks" "$base.pb.gz"
}

[ $# -gt 0 ] || [ -z "${QUICK:-}" ] || set -- bounce sieve towers
[ $# -gt 0 ] || set -- $(cd bench/programs && ls ./*.lua | sed 's|^\./||; s/\.lua$//')
for program in "$@"; do
    [ -f "bench/programs/$program.lua" ] || {
        echo "$0: there is no bench/programs/$program.lua" >&2
        exit 2
    }
    profile base "$(by_mode 3 0.3)"
    "$perilune" run bench/slowdown/plan.lua "$program" "$folder/$program.base.stacks" \
        "$folder/$program.base.truth" >"$folder/$program.plan" 2>"$folder/error" || {
        cat "$folder/error" >&2
        exit 1
    }
    profile slow "$seconds" "$folder/$program.plan"
done
"$perilune" run bench/slowdown/fit.lua "$folder" "$@" 2>"$folder/error" || {
    grep -v 'not profiled' "$folder/error" >&2 && exit 1
    [ -n "${QUICK:-}" ]
}
