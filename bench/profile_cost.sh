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
set -eu
cd "$(dirname "$0")/.."
BENCH=ON sh scripts/build.sh >&2

folder=$(mktemp -d)
servers=
finish() {
    for server in $servers; do kill "$server" 2>/dev/null || :; done
    wait
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# median FIELD: of the lines in $runs.
median() {
    echo "$runs" | awk -v field="$1" '{ print $field }' | sort -n | sed -n 3p
}

echo "profile: a sample"
runs=$(for _ in 1 2 3 4 5; do build/bench_profile_cost; done)
awk -v handler="$(median 1)" -v safepoint="$(median 2)" \
    -v collector="$(median 3)" 'BEGIN {
    total = handler + safepoint + collector
    printf "  %-22s %6d ns\n", "signal handler", handler
    printf "  %-22s %6d ns\n", "safe point", safepoint
    printf "  %-22s %6d ns\n", "collector", collector
    printf "  %-22s %6d ns\n", "together", total
    printf "  share of a core at 100 Hz: %.3f %% (must 0.3, aim 0.1), ",
        total * 100 / 1e9 * 100
    printf "at 1 kHz: %.3f %%\n", total * 1000 / 1e9 * 100
}'

# row WHAT FIELD FIELD FIELD
row() {
    printf "  %-22s %7.1f ns without, %7.1f off, %7.1f on\n" "$1" \
        "$(median "$2")" "$(median "$3")" "$(median "$4")"
}
echo "block, mutex: lock and unlock of a mutex of the C library"
runs=$(for _ in 1 2 3 4 5; do build/bench_lock_cost; done)
row "free" 1 2 3
row "wanted by two threads" 4 5 6

# serve NAME PROGRAM FLAG...: its URL goes to $folder/NAME.url.
serve() {
    name=$1 program=$2
    shift 2
    PORT=0 "$program" serve --workers 1 --heap-rate 0 "$@" bench/locks \
        2>"$folder/$name.log" &
    servers="$servers $!"
    until sed -n 's|.*event=listening address=\([^ ]*\).*|http://\1|p' \
        "$folder/$name.log" >"$folder/$name.url" && [ -s "$folder/$name.url" ]; do
        kill -0 $! || exit 1
        sleep 0.1
    done
}
serve without build/bench_serve_bare
serve off build/perilune --block-rate 0 --mutex-fraction 0
serve on build/perilune
ask() {
    curl -sf "$(cat "$folder/$1.url")/$2" | sed -n 's|.*"ns":\([0-9.]*\).*|\1|p'
}
runs=$(for _ in 1 2 3 4 5; do
    for query in 'free?n=1000000' 'wanted?n=100000'; do
        for name in without off on; do
            printf '%s ' "$(ask "$name" "$query")"
        done
    done
    echo
done)
echo "block, mutex: lock and unlock of a mutex of sync"
row "free" 1 2 3
row "wanted by two tasks" 4 5 6

echo "heap, allocs"
sh bench/heap_cost.sh "${1:-21}" | sed 's/^/  /'
echo "all off"
sh bench/serve_instructions.sh | sed 's/^/  /'
