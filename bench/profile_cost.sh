#!/bin/sh
# profile_cost.sh -- what a CPU sample costs, in nanoseconds, and as a share of
# one core at 100 and at 1,000 samples a second; and what it costs that native
# mutexes are watched. Medians of 5 runs.
set -eu
cd "$(dirname "$0")/.."
BENCH=ON sh scripts/build.sh >&2

runs=$(for _ in 1 2 3 4 5; do build/bench_profile_cost; done)
median() {
    echo "$runs" | awk -v field="$1" '{ print $field }' | sort -n | sed -n 3p
}
awk -v handler="$(median 1)" -v safepoint="$(median 2)" \
    -v collector="$(median 3)" 'BEGIN {
    total = handler + safepoint + collector
    printf "%-22s %6d ns per sample\n", "signal handler", handler
    printf "%-22s %6d ns\n", "safe point", safepoint
    printf "%-22s %6d ns\n", "collector", collector
    printf "%-22s %6d ns\n", "together", total
    printf "share of a core at 100 Hz:  %.3f %%\n", total * 100 / 1e9 * 100
    printf "share of a core at 1 kHz:   %.3f %%\n", total * 1000 / 1e9 * 100
}'

runs=$(for _ in 1 2 3 4 5; do build/bench_lock_cost; done)
row() {
    printf "%-22s %6.1f ns not compiled in, %6.1f off, %6.1f on\n" "$1" \
        "$(median "$2")" "$(median "$3")" "$(median "$4")"
}
echo "a pthread mutex, lock and unlock:"
row "nobody wants it" 1 2 3
row "two threads want it" 4 5 6
