#!/bin/sh
# build.sh -- installs what is missing, then builds build/perilune.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

need_packages gcc libc6-dev binutils cmake ninja-build pkg-config \
    liblua5.4-dev libmicrohttpd-dev libuv1-dev libunwind-dev \
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler zlib1g-dev \
    node-llhttp libdw-dev libelf-dev

cmake --preset release -DBUILD_TESTING="${BUILD_TESTING:-OFF}" \
    -DBENCH="${BENCH:-OFF}" >build.log 2>&1 &&
    cmake --build --preset release >>build.log 2>&1 || {
    tail -n 40 build.log >&2
    echo "The build failed; all of its output is in build.log." >&2
    exit 1
}
rm -f build.log
echo "Built build/perilune"
