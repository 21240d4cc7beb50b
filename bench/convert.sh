#!/bin/sh
# convert.sh -- reading and encoding a large profile, against
# `go tool pprof -proto`: elapsed time, CPU time and peak memory in alternating
# runs, medians, and our share of Go's.
#
#   sh bench/convert.sh [ROUNDS]        (5)
#
# Two profiles of 1,000,000 samples on 100,000 stacks: one in which equal
# stacks become one sample, as in what a profiler writes, and one in which
# every sample has a label of its own. Needs go and GNU time.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
perilune=${PERILUNE:-$here/build/perilune}
rounds=${1:-5}
for tool in go /usr/bin/time; do
    command -v "$tool" >/dev/null || {
        echo "bench/convert.sh: $tool is missing" >&2
        exit 1
    }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

# measure NAME COMMAND...: a line "elapsed cpu kilobytes" more in NAME.
measure() {
    name=$1
    shift
    /usr/bin/time -f '%e %U %S %M' -o "$folder/time" "$@" \
        >/dev/null 2>"$folder/error" || {
        cat "$folder/error" >&2
        exit 1
    }
    awk '{ print $1, $2 + $3, $4 }' "$folder/time" >>"$folder/$name"
}

# median NAME COLUMN
median() {
    awk -v column="$2" '{ print $column }' "$folder/$1" | sort -n |
        awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

report() {
    for column in 1 2 3; do
        what=$(echo "elapsed_s cpu_s peak_kB" | cut -d' ' -f"$column")
        ours=$(median ours "$column")
        go=$(median go "$column")
        echo "$what $ours $go" | awk -v profile="$1" \
            '{ printf "%-10s %-10s %10s %10s %8.2f\n",
               profile, $1, $2, $3, $2 / $3 }'
    done
}

# The least that is a profile, to have one to convert.
printf '\062\000\012\000' >"$folder/least.pb"
printf '%-10s %-10s %10s %10s %8s\n' profile "" perilune go ratio
for profile in merged labels; do
    input=$folder/$profile.pb.gz
    "$perilune" convert "$folder/least.pb" --to million \
        --exporters "$here/bench/exporters" --sample-index "$profile" \
        -o "$input"
    rm -f "$folder/ours" "$folder/go"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        measure ours "$perilune" convert "$input" --to pprof \
            -o "$folder/ours.pb.gz"
        measure go go tool pprof -proto -output="$folder/go.pb.gz" "$input"
    done
    report "$profile"
done
