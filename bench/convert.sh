#!/bin/sh
# convert.sh -- reading and encoding a large profile, against
# `go tool pprof -proto`: elapsed time, CPU time and peak memory in alternating
# runs, medians, and our share of Go's.
#
#   sh bench/convert.sh [ROUNDS]        (5)
#
# Two profiles of 1,000,000 samples (QUICK=1: 10,000) on 100,000 stacks: one in which equal
# stacks become one sample, as in what a profiler writes, and one in which
# every sample has a label of its own. Needs go and GNU time.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need time
need_go
rounds=${1:-$(by_mode 5 1)}

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

# median_of NAME COLUMN
median_of() { awk -v column="$2" '{ print $column }' "$folder/$1" | median; }

report() {
    for column in 1 2 3; do
        what=$(echo "elapsed_s cpu_s peak_kB" | cut -d' ' -f"$column")
        ours=$(median_of ours "$column")
        go=$(median_of go "$column")
        echo "$what $ours $go" | awk -v profile="$1" \
            '{ printf "%-10s %-10s %10s %10s %8.2f\n",
               profile, $1, $2, $3, $2 / $3 }'
    done
}

# The exporter writes as many samples as its input's period says. It learns from
# the sample type which of the two profiles is asked for.
# string_table: "", "merged", "labels"; sample_type: merged, labels
printf '\062\000\062\006merged\062\006labels\012\002\010\001\012\002\010\002' \
    >"$folder/least.pb"
# period, as a varint: 1,000,000, or 10,000
printf '\140%b' "$(by_mode '\0300\0204\0075' '\0220\0116')" >>"$folder/least.pb"
printf '%-10s %-10s %10s %10s %8s\n' profile "" perilune go ratio
for profile in merged labels; do
    input=$folder/$profile.pb.gz
    "$perilune" convert "$folder/least.pb" --to million \
        --exporters bench/exporters --sample-index "$profile" \
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
