#!/bin/sh
# build.sh [TARGET...] -- installs what is missing, then builds the targets, or
# else build/perilune and what is turned on:
#
#   BUILD_TESTING=ON  the unit tests
#   BENCH=ON          the programs of bench/
#   PRESET=asan       build/asan/perilune; or debug, tsan
#
# A build folder keeps what was turned on until BUILD_TESTING=OFF or BENCH=OFF.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

need_packages gcc libc6-dev binutils cmake ninja-build pkg-config \
    liblua5.4-dev libmicrohttpd-dev libuv1-dev libunwind-dev \
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler zlib1g-dev \
    node-llhttp libssl-dev libdw-dev libelf-dev libmimalloc-dev

preset=${PRESET:-release}
folder=build
[ "$preset" = release ] || folder=build/$preset
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" ${BUILD_TESTING:+-DBUILD_TESTING="$BUILD_TESTING"} \
    ${BENCH:+-DBENCH="$BENCH"} >"$log" 2>&1 &&
    cmake --build --preset "$preset" --target "${@:-all}" >>"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "The build of $folder/ failed." >&2
    exit 1
}
[ $# = 0 ] && echo "Built $folder/perilune" || echo "Built in $folder/: $*"
