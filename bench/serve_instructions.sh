#!/bin/sh
# serve_instructions.sh: the instructions of a small JSON request, counted by
# callgrind, in Perilune and in plain C on libmicrohttpd; and how many of
# Perilune's are the sampler's while no profile is being taken. What the kernel
# does is not in them. No other process changes these numbers, so they are what
# to look at when a change may cost, or win, a per cent; Lua's random hash seeds
# make them differ by 1 % from run to run.
#
# libmicrohttpd clears 24 KiB a request with one instruction, which callgrind
# counts once for each byte: hence a line of its own. The allocator of Lua's
# memory (core/sample/vm_heap.c) stands in for Lua's own, which takes about 200.
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
    --no-watch --heap-rate 0 "$here/bench/serve"
count plain "$plain" "$port"
all=$(per_request perilune)
clearing=$(per_request perilune memset)
heap=$(per_request perilune core/sample/vm_heap)
sampling=$(($(per_request perilune core/sample/) - heap))
echo "instructions per request, $requests requests"
printf '%-34s %6d\n' "plain C" "$(per_request plain)" "Perilune" "$all" \
    "  libmicrohttpd clears its memory" "$clearing" \
    "  the allocator of Lua's memory" "$heap" \
    "  the rest of core/sample" "$sampling"
awk -v all="$all" -v clearing="$clearing" -v sampling="$sampling" 'BEGIN {
    printf "the last: %.2f %% of all (must 0.5, aim 0.2), ", sampling * 100 / all
    printf "%.2f %% without the clearing\n", sampling * 100 / (all - clearing)
}'
