#!/bin/sh
# build.sh -- installs what is missing, then builds build/perilune; with
# PRESET=asan (or debug, tsan) build/asan/perilune.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

need_packages gcc libc6-dev binutils cmake ninja-build pkg-config \
    liblua5.4-dev libmicrohttpd-dev libuv1-dev libunwind-dev \
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler zlib1g-dev \
    node-llhttp libssl-dev libdw-dev libelf-dev

preset=${PRESET:-release}
program=build/perilune
[ "$preset" = release ] || program=build/$preset/perilune
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" -DBUILD_TESTING="${BUILD_TESTING:-OFF}" \
    -DBENCH="${BENCH:-OFF}" >"$log" 2>&1 &&
    cmake --build --preset "$preset" >>"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "The build of $program failed." >&2
    exit 1
}
echo "Built $program"
