#!/bin/sh
# accuracy.sh -- CPU profiles against scripts that know their own distribution of
# time: bench/accuracy/cases/, one file a case.
#
#   sh bench/accuracy.sh [CASE...]        (all)
#
# Each case runs until its profiles have $SAMPLES samples (20000; QUICK=1: 50), and
# measures its parts with the thread's CPU clock in the same runs. It prints for each
# case the function and the line with the largest error, and the total:
#
#   truth     the share of the function, or line, and all that it calls, in per cent;
#             for the total, CPU seconds
#   error     of the profile, in points, with 1.96 standard errors of the share;
#             for the total in per cent
#   allowed   1 point (lines: 2 points; a case may have a margin of its own) and 2.6
#             standard errors sqrt(p (1 - p) / n). Functions and lines below 2 % are
#             not compared. `N !`: so many are outside
#   hook      the largest error of the profiler that is usual for Lua, which is a
#             count hook in Lua
#   perf      the largest error of `perf record`, among the C functions
#
# ALL=1 prints each function and line that is compared: truth, error, allowed.
#
# The exit status is 1 if anything is outside, unless QUICK is set. Needs a build
# with BENCH=ON, and perf for its column.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need_built bench/burn.so
samples=${SAMPLES:-$(by_mode 20000 50)}
seconds=$(by_mode 5 0.4) # of CPU time a run; of a server, of wall time
at_most=$(by_mode 60 1)

export FOLDER="$folder"
export LUA_PATH="bench/accuracy/?.lua;bench/lua/?.lua;;" LUA_CPATH="build/bench/?.so;;"

# perilune_run BASE CASE: a profile as text, and the truth.
perilune_run() {
    "$perilune" run --rate 1000 --cpu "$1.pb.gz" "$2" "$length" >"$1.truth"
    "$perilune" convert --exporters bench/exporters --to stacks -o "$1.stacks" \
        "$1.pb.gz"
}

hook_run() {
    HOOK_STACKS="$1.stacks" "$perilune" run bench/accuracy/hook.lua "$2" \
        "$length" >"$1.truth" 2>/dev/null
}

perf_run() {
    perf record -q -F 997 --call-graph dwarf,4096 -o "$1.data" -- \
        "$perilune" run "$2" "$length" >"$1.truth" 2>/dev/null
    perf script -i "$1.data" -F comm,period,ip,sym >"$1.stacks" 2>/dev/null
    rm -f "$1.data"
}

# server_run BASE FOLDER: the profile of a server that does the case's work for 60 %
# of the profile.
server_run() {
    "$perilune" serve --listen 127.0.0.1:0 --workers 1 "$2" 2>"$folder/log" &
    server=$!
    pids="$pids $server"
    url=$(wait_for_address "$folder/log")
    curl -sf -o "$1.pb.gz" \
        "$url/debug/pprof/profile?seconds=$length&rate=1000" &
    profile=$!
    until curl -sf "$url/metrics" | grep -q '^perilune_profile_sessions 1'; do
        kill -0 "$profile"
        sleep 0.05
    done
    curl -sf -o "$1.truth" "$url/work?seconds=$(echo "$length" | awk '{ print $1 * 0.6 }')"
    wait "$profile"
    kill "$server"
    wait "$server" || :
    "$perilune" convert --exporters bench/exporters --to stacks -o "$1.stacks" \
        "$1.pb.gz"
}

can_perf=
perf record -q -o "$folder/perf.data" true >/dev/null 2>&1 && can_perf=yes ||
    echo "perf: not here, or not allowed"

[ $# -gt 0 ] || set -- $(cd bench/accuracy/cases && ls | sed 's/\.lua$//')
echo "at least $samples samples a case"
printf '%-20s %7s  %-8s %-34s %6s  %15s  %5s     %7s %7s\n' case samples kind name \
    truth error allowed hook perf
for case in "$@"; do
    file=bench/accuracy/cases/$case.lua
    run_it=perilune_run
    if [ -d "bench/accuracy/cases/$case" ]; then
        file=bench/accuracy/cases/$case/routes.lua
        run_it=server_run
    fi
    [ -f "$file" ] || {
        echo "$0: there is no $file" >&2
        exit 2
    }
    wanted=$(sed -n 's/^-- Samples: //p' "$file")
    [ -n "$wanted" ] && [ "$wanted" -lt "$samples" ] || wanted=$samples
    # A case that sleeps for most of the time has less CPU time.
    own=$(sed -n 's/^-- Seconds: //p' "$file")
    length=${own:-$seconds}
    [ -z "${QUICK:-}" ] || [ -z "$own" ] || length=$(echo "$own" | awk '{ print $1 / 5 }')
    margin=$(sed -n 's/^-- Margin: \([0-9]*\) points$/\1/p' "$file")
    mkdir "$folder/$case"
    run=0
    found=0
    while [ "$found" -lt "$wanted" ] && [ "$run" -lt "$at_most" ]; do
        run=$((run + 1))
        case $run_it in
        server_run) server_run "$folder/$case/perilune-$run" "${file%/*}" ;;
        *) perilune_run "$folder/$case/perilune-$run" "$file" ;;
        esac
        found=$(cat "$folder/$case/"perilune-*.stacks | awk '{ n += $1 } END { print n + 0 }')
    done
    if [ "$run_it" = perilune_run ]; then
        hook_run "$folder/$case/hook-1" "$file"
        [ -z "$can_perf" ] || perf_run "$folder/$case/perf-1" "$file"
    fi
    "$perilune" run bench/accuracy/compare.lua "$folder/$case" "$case" \
        "${margin:-0}" "$folder/outside" 2>"$folder/error" || {
        cat "$folder/error" >&2
        exit 1
    }
    rm -r "${folder:?}/$case"
done
outside=$(awk '{ n += $1 } END { print n }' "$folder/outside")
echo "outside: $outside"
[ "$outside" = 0 ] || [ -n "${QUICK:-}" ]
