#!/bin/sh
# serve_instructions.sh: the instructions of a small JSON request, counted by
# callgrind: in plain C on libmicrohttpd; in Perilune with nothing of the sampler
# on the request's way (bench/bare); with all of it there and off; and with what
# is on by default, no profile being taken. What the kernel does is not in them.
# No other process changes these numbers, so they are what to look at when a
# change may cost, or win, a per cent.
#
# Lua's random hash seeds make totals differ by 1 % from run to run: so there is
# also what the sampler's own functions take, which is the same in each run. Not
# Lua's allocator (core/sample/hooks/vm_heap.c), which does not come on top: it is
# there in place of Lua's own, which calls malloc each time.
#
# libmicrohttpd clears 24 KiB a request with one instruction, which callgrind
# counts once for each byte: hence a line of its own.
#
#   sh bench/serve_instructions.sh [REQUESTS]        (2000; CONNECTIONS=10)
#
# Needs a build with BENCH=ON.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need valgrind curl
need_built bench_serve_bare bench_serve_plain
requests=${1:-$(by_mode 2000 100)}
connections=${CONNECTIONS:-10}

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
    pids=$!
    curl -sf --retry 100 --retry-delay 0 --retry-connrefused "$url" \
        >"$folder/out"
    ask $((requests / 10))
    callgrind_control -i on "$pids" >"$folder/out" 2>&1
    ask "$requests"
    callgrind_control -i off "$pids" >"$folder/out" 2>&1
    kill "$pids"
    wait "$pids" 2>"$folder/out" || :
    pids=
}

# serve NAME PROGRAM FLAG...
serve() {
    name=$1 program=$2
    shift 2
    count "$name" "$program" serve --listen "127.0.0.1:$port" --workers 1 \
        --no-watch "$@" bench/serve
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
            END {
                if (!sum) {
                    print "no function has " word " in its line" >"/dev/stderr"
                    exit 1
                }
                printf "%.0f\n", sum / n
            }'
}

# sampling NAME: of the sampler's functions.
sampling() {
    sampler=$(per_request "$1" core/sample/)
    allocator=$(per_request "$1" core/sample/hooks/vm_heap)
    echo $((sampler - allocator))
}

count plain build/bench_serve_plain "$port"
serve bare build/bench_serve_bare
serve off "$perilune" --heap-rate 0 --block-rate 0 --mutex-fraction 0
serve on "$perilune"
in_plain=$(per_request plain)
all=$(per_request bare)
cleared=$(per_request bare memset)
with_off=$(per_request off)
off=$(sampling off)
with_on=$(per_request on)
on=$(sampling on)
echo "instructions per request, $requests requests"
printf '%-44s %6d\n' "plain C" "$in_plain" \
    "Perilune without the sampler" "$all" \
    "  libmicrohttpd clears its memory" "$cleared" \
    "with the sampler, all of it off" "$with_off" \
    "  its functions" "$off" \
    "with the sampler, as it is by default" "$with_on" \
    "  its functions" "$on"
awk -v all="$all" -v off="$off" -v on="$on" 'BEGIN {
    printf "its functions: off %.2f %% of all without, ",
        off * 100 / all
    printf "by default %.2f %%\n", on * 100 / all
}'
