#!/bin/sh
# serve_instructions.sh: the instructions of a small JSON request, counted by
# callgrind, in Perilune and in plain C on libmicrohttpd; and the share of
# Perilune's that the profiler takes while it is off. What the kernel does is
# not in them. No other process changes these numbers, so they are what to
# look at when a change may cost, or win, a per cent.
#
#   sh bench/serve_instructions.sh [REQUESTS]        (2000; CONNECTIONS=10)
#
# Needs valgrind, and a build with BENCH=ON.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
perilune=${PERILUNE:-$here/build/perilune}
plain=${PLAIN:-$here/build/bench_serve_plain}
requests=${1:-2000}
connections=${CONNECTIONS:-10}

folder=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || :
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

port=18350
while curl -s -o "$folder/out" "http://127.0.0.1:$port/"; do
    port=$((port + 1))
done
url="http://127.0.0.1:$port/json?name=World"

ask() {
    "$perilune" load "$url" -u "$connections" -i "$1" -q >"$folder/load"
}

# count NAME COMMAND...: callgrind's account of `requests` requests, after a
# tenth as many that warm up, goes to $folder/NAME.
count() {
    name=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file="$folder/$name" \
        --instr-atstart=no "$@" >"$folder/$name.log" 2>&1 &
    pid=$!
    curl -sf --retry 100 --retry-delay 0 --retry-connrefused "$url" \
        >"$folder/out"
    ask $((requests / 10))
    callgrind_control -i on "$pid" >"$folder/out" 2>&1
    ask "$requests"
    callgrind_control -i off "$pid" >"$folder/out" 2>&1
    kill "$pid"
    wait "$pid" 2>"$folder/out" || :
    pid=
}

# per_request NAME [WORD]: instructions, in functions whose line in the account
# ("1,234 ( 0.56%)  FILE:FUNCTION [OBJECT]") has the word.
per_request() {
    callgrind_annotate --auto=no --threshold=100 "$folder/$1" |
        awk -v word="${2:-:}" -v n="$requests" '
            /^ *[0-9,]+ \(.*%\)  .*:/ && index($0, word) {
                gsub(",", "", $1)
                sum += $1
            }
            END { printf "%.0f\n", sum / n }'
}

count perilune "$perilune" serve --listen "127.0.0.1:$port" --workers 1 \
    --no-watch "$here/bench/serve"
count plain "$plain" "$port"
all=$(per_request perilune)
clearing=$(per_request perilune memset)
sampling=$(per_request perilune core/sample/)
echo "instructions per request, $requests requests"
printf '%-34s %6d\n' "plain C" "$(per_request plain)" "Perilune" "$all" \
    "  libmicrohttpd's clearing" "$clearing" "  core/sample, no profile running" \
    "$sampling"
awk -v all="$all" -v clearing="$clearing" -v sampling="$sampling" 'BEGIN {
    share = sampling * 100 / (all - clearing)
    printf "share of core/sample, clearing left out: %.2f %% ", share
    print "(must 0.5, aim 0.2)"
}'
