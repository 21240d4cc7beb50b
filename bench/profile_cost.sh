#!/bin/sh
# profile_cost.sh: what each kind of profile costs.
#
#   profile        a sample of the CPU, in nanoseconds, and as a share of a core
#   block, mutex   a lock and unlock, of a mutex of the C library and of one of
#                  `sync`: free, and wanted by two; without what watches them,
#                  with it and off, and on, at the rates that are the default
#   heap, allocs   CPU time of scripts that allocate (heap_cost.sh)
#   all off        instructions of a request (serve_instructions.sh)
#
# What the others cost while nobody asks for them is in the last. Medians of 5
# runs, of heap of ROUNDS.
#
#   sh bench/profile_cost.sh [ROUNDS]        (21)
#
# Needs a build with BENCH=ON.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need_built bench_profile_cost bench_lock_cost bench_serve_bare

# median_of FIELD: of the lines in $runs.
median_of() { echo "$runs" | awk -v field="$1" '{ print $field }' | median; }

# each_run COMMAND...: what it prints in 5 runs.
each_run() { for _ in $(by_mode '1 2 3 4 5' 1); do "$@"; done; }

echo "profile: a sample"
runs=$(each_run build/bench_profile_cost)
awk -v handler="$(median_of 1)" -v safepoint="$(median_of 2)" \
    -v collector="$(median_of 3)" 'BEGIN {
    total = handler + safepoint + collector
    printf "  %-22s %6d ns\n", "signal handler", handler
    printf "  %-22s %6d ns\n", "safe point", safepoint
    printf "  %-22s %6d ns\n", "collector", collector
    printf "  %-22s %6d ns\n", "together", total
    printf "  share of a core at 100 Hz: %.3f %%, ",
        total * 100 / 1e9 * 100
    printf "at 1 kHz: %.3f %%\n", total * 1000 / 1e9 * 100
}'

# row WHAT FIELD FIELD FIELD
row() {
    printf "  %-22s %7.1f ns without, %7.1f off, %7.1f on\n" "$1" \
        "$(median_of "$2")" "$(median_of "$3")" "$(median_of "$4")"
}
echo "block, mutex: lock and unlock of a mutex of the C library"
runs=$(each_run build/bench_lock_cost)
row "free" 1 2 3
row "wanted by two threads" 4 5 6

# serve NAME PROGRAM FLAG...: its URL goes to $folder/NAME.url.
serve() {
    name=$1 program=$2
    shift 2
    PORT=0 "$program" serve --workers 1 --heap-rate 0 "$@" bench/locks \
        2>"$folder/$name.log" &
    pids="$pids $!"
    wait_for_address "$folder/$name.log" >"$folder/$name.url"
}
serve without build/bench_serve_bare
serve off "$perilune" --block-rate 0 --mutex-fraction 0
serve on "$perilune"
ask() {
    curl -sf "$(cat "$folder/$1.url")/$2" | sed -n 's|.*"ns":\([0-9.]*\).*|\1|p'
}
ask_all() {
    for query in 'free?n=1000000' 'wanted?n=100000'; do
        for name in without off on; do
            ns=$(ask "$name" "$query")
            printf '%s ' "${ns:?no answer of $name}"
        done
    done
    echo
}
runs=$(each_run ask_all)
echo "block, mutex: lock and unlock of a mutex of sync"
row "free" 1 2 3
row "wanted by two tasks" 4 5 6

[ -z "${QUICK:-}" ] || exit 0 # these two are benches of their own
echo "heap, allocs"
sh bench/heap_cost.sh "$@"
echo "all off"
sh bench/serve_instructions.sh
