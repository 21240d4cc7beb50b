#!/bin/sh
# serve.sh: one worker on one core against Go's net/http, nginx with LuaJIT
# and plain C on libmicrohttpd. The same two handlers each, in bench/serve/:
# /json reads a parameter of the query, builds a table and encodes it; /body
# answers with 100 KiB.
#
#   sh bench/serve.sh [ROUNDS]        (5; SECONDS_EACH=3 CONNECTIONS=50)
#
# The servers run on core 1 and wrk on core 0, one server at a time, in turn.
# Printed are medians, and ratios: those are taken within a round. When others
# are at work on these cores the rates say nothing; the CPU time per request,
# of the whole process, still does: `peer / perilune` of it is what the ratio
# of the rates would be on an idle machine.
#
# Needs a build with BENCH=ON.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need wrk nginx-light libnginx-mod-http-lua lua-cjson curl util-linux
need_go
need_built bench_serve_plain
rounds=${1:-$(by_mode 5 1)}
seconds=${SECONDS_EACH:-$(by_mode 3 1)}
connections=${CONNECTIONS:-50}
servers="perilune go nginx plain"

run_perilune() {
    exec taskset -c 1 "$perilune" serve --listen "127.0.0.1:$1" --workers 1 \
        --no-watch bench/serve
}
run_go() { GOMAXPROCS=1 exec taskset -c 1 "$folder/go" "$1"; }
run_nginx() {
    sed "s|FOLDER|$folder|; s|PORT|$1|" bench/serve/nginx.conf \
        >"$folder/nginx.conf"
    exec taskset -c 1 nginx -c "$folder/nginx.conf" -e "$folder/nginx.log"
}
run_plain() { exec taskset -c 1 build/bench_serve_plain "$1"; }

# The address of a server.
base_url() { echo "http://127.0.0.1:$(cat "$folder/$1.port")"; }

# The order of an object's keys may differ.
same_size() { [ "$(wc -c <"$1")" = "$(wc -c <"$2")" ]; }

# start NAME: on the first free port from 18300 on; wait until it answers.
port=18300
start() {
    while curl -s -o "$folder/out" "http://127.0.0.1:$port/"; do
        port=$((port + 1))
    done
    "run_$1" "$port" >"$folder/$1.log" 2>&1 &
    pid=$!
    pids="$pids $pid"
    echo "$pid" >"$folder/$1.pid"
    echo "$port" >"$folder/$1.port"
    port=$((port + 1))
    for path in '/json?name=World' /body; do
        curl -sf --retry 50 --retry-delay 0 --retry-connrefused \
            "$(base_url "$1")$path" >>"$folder/$1.replies"
    done
    if ! same_size "$folder/$1.replies" "$folder/perilune.replies"; then
        echo "bench/serve.sh: $1 answers otherwise than perilune" >&2
        exit 1
    fi
}

# The process and its children, which nginx has.
processes() {
    pid=$(cat "$folder/$1.pid")
    echo "$pid" "$(cat "/proc/$pid/task/$pid/children")"
}

# CPU nanoseconds of all threads of a server.
cpu_ns() {
    for pid in $(processes "$1"); do
        cat "/proc/$pid/task"/*/schedstat
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# Resident KiB of a server.
resident_kib() {
    for pid in $(processes "$1"); do
        cat "/proc/$pid/status"
    done | awk '$1 == "VmRSS:" { sum += $2 } END { print sum }'
}

# measure NAME KIND PATH: appends "requests/s  CPU-us-per-request  MiB".
measure() {
    before=$(cpu_ns "$1")
    taskset -c 0 wrk -t1 -c"$connections" -d"${seconds}s" \
        "$(base_url "$1")$3" >"$folder/out"
    after=$(cpu_ns "$1")
    if grep -E 'Non-2xx|Socket errors' "$folder/out" >&2; then
        echo "bench/serve.sh: $1 fails at $3" >&2
        exit 1
    fi
    awk -v before="$before" -v after="$after" \
        -v kib="$(resident_kib "$1")" '
        /requests in/ { n = $1 }
        /^Requests\/sec:/ { rate = $2 }
        END { print rate, (after - before) / 1e3 / n, kib / 1024 }
    ' "$folder/out" >>"$folder/$1.$2"
}

median_of() { awk -v c="$2" '{ print $c }' "$folder/$1" | median; }

# ratio KIND PEER: of the rates, and of the peer's CPU time to ours.
ratio() {
    paste "$folder/perilune.$1" "$folder/$2.$1" >"$folder/pairs"
    awk '{ print $1 / $4 }' "$folder/pairs" | median
    awk '{ print $5 / $2 }' "$folder/pairs" | median
}

# compare KIND PEER
compare() {
    # shellcheck disable=SC2046 # two words
    printf '%-4s against %-5s  rate %5.2f   CPU %5.2f\n' \
        "$1" "$2" $(ratio "$1.runs" "$2")
}

go build -o "$folder/go" bench/serve/server.go
for name in $servers; do
    start "$name"
done
echo "one worker, $connections connections, $rounds rounds of ${seconds} s"
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    for name in $servers; do
        measure "$name" json.runs '/json?name=World'
        measure "$name" body.runs /body
    done
done
for kind in json body; do
    for name in $servers; do
        runs=$name.$kind.runs
        printf '%-4s %-8s %8.0f requests/s %7.2f us CPU per request %6.1f MiB\n' \
            "$kind" "$name" "$(median_of "$runs" 1)" "$(median_of "$runs" 2)" \
            "$(median_of "$runs" 3)"
    done
done
for kind in json body; do
    for peer in go nginx plain; do
        compare "$kind" "$peer"
    done
done
