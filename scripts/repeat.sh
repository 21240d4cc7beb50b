#!/bin/sh
# repeat.sh -- runs .ci/run N times, each time in a fresh clone of HEAD, with
# busy loops beside it. A test that fails now and then fails here.
set -eu
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: sh scripts/repeat.sh N [--busy K]

Runs .ci/run N times, each time in a fresh clone of HEAD, with K busy loops
beside it (2). Prints one line per run: the number, passed or failed, seconds,
and the names of the tests that failed. Keeps the output of a failed run.

Exit code: 0 if all runs pass, 1 if one fails, 2 if the arguments are wrong.
END
}

refuse() {
    echo "repeat.sh: $1" >&2
    echo "'sh scripts/repeat.sh --help' lists the options." >&2
    exit 2
}

# number WORD MINIMUM WHAT
number() {
    case "$1" in
    '' | *[!0-9]*) refuse "$3 must be a number, got '$1'" ;;
    esac
    [ "$1" -ge "$2" ] || refuse "$3 must be at least $2, got $1"
}

runs=
busy=2
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage && exit ;;
    --busy)
        [ $# -gt 1 ] || refuse "--busy needs a number"
        busy=$2
        shift
        ;;
    -*) refuse "unknown option '$1'" ;;
    *)
        [ -z "$runs" ] || refuse "one number of runs, got '$runs' and '$1'"
        runs=$1
        ;;
    esac
    shift
done
[ -n "$runs" ] || refuse "the number of runs is missing"
number "$runs" 1 "the number of runs"
number "$busy" 0 "--busy"

folder=$(mktemp -d /tmp/perilune-repeat.XXXXXX)
loops=
run=
# Ends what a run has started: .ci/run has a process group of its own.
end_run() {
    [ -z "$run" ] || kill -- "-$run" 2>/dev/null || :
    run=
}
finish() {
    [ -z "$run" ] || rm -f "$log"
    end_run
    for pid in $loops; do kill "$pid" 2>/dev/null || :; done
    rm -rf "$folder/clone"
    rmdir "$folder" 2>/dev/null || : # not empty if it has the log of a failed run
}
trap finish EXIT
trap 'exit 130' INT TERM

while [ "$busy" -gt 0 ]; do
    busy=$((busy - 1))
    while :; do :; done &
    loops="$loops $!"
done

failed=0
n=0
while [ "$n" -lt "$runs" ]; do
    n=$((n + 1))
    log=$folder/run-$n.log
    rm -rf "$folder/clone"
    git clone -q . "$folder/clone"
    start=$(date +%s)
    (cd "$folder/clone" && CI=true exec setsid bash .ci/run) \
        >"$log" 2>&1 </dev/null &
    run=$!
    status=0
    wait "$run" || status=$?
    end_run
    seconds=$(($(date +%s) - start))
    if [ "$status" = 0 ]; then
        echo "$n: passed, $seconds s"
        rm "$log"
    else
        failed=1
        # ctest's list: "  59 - faults_spec (Failed)"
        names=$(sed -n 's/^[[:space:]]*[0-9]* - \([^ ]*\) (.*)$/\1/p' "$log" | xargs)
        echo "$n: failed, $seconds s: ${names:-exit code $status}; log: $log"
    fi
done
exit "$failed"
