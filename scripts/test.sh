#!/bin/sh
# test.sh -- builds and runs the tests. docs/TESTING.md is the guide.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

usage() {
    cat <<'END'
Usage: sh scripts/test.sh [--quick | --all] [NAME...]

Installs the Debian packages that are missing, builds, and runs the tests.

  (no option)  the tests that a contributor and CI run
  --quick      of these, the tests that need no other program and end soon
  --all        all tests: with sanitizers, valgrind and k6, and each script of
               bench/ for a few seconds
  NAME         only the tests whose names contain NAME, a regular expression;
               only what these tests need is installed and built

Exit code: 0 if all tests pass, 2 if the arguments are wrong.
END
}

refuse() {
    echo "test.sh: $1" >&2
    echo "'sh scripts/test.sh --help' lists the options." >&2
    exit 2
}

tier=default
names=
for word in "$@"; do
    case "$word" in
    --quick | --all)
        [ "$tier" = default ] || refuse "--$tier and $word exclude each other"
        tier=${word#--}
        ;;
    -h | --help) usage && exit ;;
    -*) refuse "unknown option '$word'" ;;
    *) names="$names${names:+|}$word" ;;
    esac
done

# The labels of a test are the words of its line `Needs:` (spec/CMakeLists.txt).
# Sets $labels, which ctest takes, and $chosen, the names of the tests.
choose() {
    case "$1" in
    quick) labels='-LE .' ;;
    default) labels='-LE ^(asan|bench|k6|valgrind)$' ;;
    all) labels= ;;
    esac
    chosen=$(list -N | sed -n 's/^ *Test *#[0-9]*: //p')
}
list() {
    # shellcheck disable=SC2086 # words
    ctest --test-dir build $labels ${names:+-R "$names"} "$@"
}

# What configuring the tests needs. All tests need the program or its objects.
need_packages g++ lua5.4 lua-busted lua-socket libcmocka-dev curl procps
BUILD_TESTING=ON sh scripts/build.sh perilune

choose "$tier"
[ -n "$chosen" ] || [ "$tier" = quick ] || choose all
[ -n "$chosen" ] || refuse "no test of this tier matches '$names'"

targets=all
[ -z "$names" ] || targets=$(echo "$chosen" | sed -n 's/^unit_/test_/p')
packages=
preset=
needs_go=
for label in $(list --print-labels | sed -n 's/^  *//p'); do
    case "$label" in
    asan) preset=asan ;;
    bench) export BENCH=ON ;;
    faulty_server) targets="$targets $label" ;;
    chromium | openssl | prometheus | tmux | valgrind)
        packages="$packages $label"
        ;;
    nginx) packages="$packages nginx-light" ;;
    go | k6)
        needs_go=yes
        command -v go >/dev/null ||
            packages="$packages golang-go ca-certificates"
        ;;
    esac
done
# shellcheck disable=SC2086 # words
{
    need_packages $packages
    [ -z "$targets" ] || sh scripts/build.sh $targets
}
[ -z "$preset" ] || PRESET=$preset sh scripts/build.sh
# A new Go toolchain builds pprof, which takes a minute of CPU time: once, instead
# of in each of the specs that run side by side.
[ -z "$needs_go" ] || go tool -n pprof >/dev/null

list --output-on-failure --no-label-summary -j "$(($(nproc) * 3))"
