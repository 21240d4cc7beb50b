# begin.sh -- sourced by each script of bench/ after `set -eu`, when it is in the
# root of the tree. Sets $perilune and $folder, a new folder. When the script
# ends, the folder is removed and the processes in $pids are ended.
#
# QUICK=1 makes each script take a few seconds, in place of the minutes that its
# numbers need: then its exit status counts, and its numbers do not.

. scripts/packages.sh

perilune=${PERILUNE:-build/perilune}
folder=$(mktemp -d)
pids=
finish() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# by_mode NUMBER QUICK_NUMBER: prints the number that holds in this mode.
by_mode() {
    [ -n "${QUICK:-}" ] && shift
    printf '%s\n' "$1"
}

# need PACKAGE...: installs the Debian packages that are missing. Where that
# fails the bench is skipped: 77 says so to ctest.
need() {
    (need_packages "$@") || {
        echo "$0: skipped: it needs $*" >&2
        exit 77
    }
}

need_go() { command -v go >/dev/null || need golang-go; }

# need_built PROGRAM...: each is a file in build/.
need_built() {
    for program in "$@"; do
        [ -x "build/$program" ] || {
            echo "$0: build/$program is missing: BENCH=ON sh scripts/build.sh" >&2
            exit 1
        }
    done
}

# median: of the numbers on stdin, one a line.
median() {
    sort -n | awk '{ v[NR] = $1 }
        END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# wait_for_address LOG: waits until the server that writes this log listens, and
# prints its URL.
wait_for_address() {
    tries=0
    until sed -n 's|.*event=listening address=\([^ ]*\).*|http://\1|p' "$1" 2>/dev/null |
        grep .; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || {
            echo "$0: the server does not listen:" >&2
            cat "$1" >&2
            exit 1
        }
        sleep 0.1
    done
}
