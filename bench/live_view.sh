#!/bin/sh
# live_view.sh -- what the live view costs: CPU time of the main thread of a
# load test, which draws it and adds up the results, on a terminal and with -q,
# as a share of a core. Needs util-linux's `script` for the terminal.
#
#   sh bench/live_view.sh        (SECONDS_EACH=20)
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need bsdutils
seconds=${SECONDS_EACH:-$(by_mode 20 1)}
PORT=0 "$perilune" serve >"$folder/serve.log" 2>&1 &
pids=$!
url=$(wait_for_address "$folder/serve.log")

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
    script -qfec "stty columns 120 rows 40; exec $perilune load $2 \
        $url/healthz -u 50 -d $((seconds + 3))s" \
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
