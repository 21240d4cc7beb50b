#!/bin/sh
# live_view.sh -- what the live view costs: CPU time of the main thread of a
# load test, which draws it and adds up the results, on a terminal and with -q,
# as a share of a core. Needs util-linux's `script` for the terminal.
#
#   SECONDS_EACH=20 sh bench/live_view.sh
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-20}
port=${PORT:-18971}
folder=$(mktemp -d)
build/perilune serve --listen 127.0.0.1:"$port" >"$folder/serve.log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$folder"' EXIT
until curl -sf http://127.0.0.1:"$port"/healthz >/dev/null; do sleep 0.1; done

# Nanoseconds that the main thread of the load test below process $1 ran.
main_thread_ns() {
    for pid in $(cat /proc/"$1"/task/*/children); do
        case "$(cat /proc/"$pid"/comm)" in
        perilune) cut -d' ' -f1 /proc/"$pid"/task/"$pid"/schedstat ;;
        *) main_thread_ns "$pid" ;;
        esac
    done
}

measure() { # label, options
    script -qfec "stty columns 120 rows 40; exec build/perilune load $2 \
        http://127.0.0.1:$port/healthz -u 50 -d $((seconds + 3))s" \
        "$folder/typescript" >/dev/null 2>&1 </dev/null &
    script=$!
    sleep 1.5
    before=$(main_thread_ns $script)
    sleep "$seconds"
    after=$(main_thread_ns $script)
    wait $script || true
    awk -v ns=$((after - before)) -v s="$seconds" -v label="$1" 'BEGIN {
        printf "%-10s %.3f %% of a core\n", label, ns / s / 1e7 }'
}

measure "view" ""
measure "without" "-q"
measure "view" ""
measure "without" "-q"
