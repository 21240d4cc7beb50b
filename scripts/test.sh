#!/bin/sh
# test.sh -- builds and runs the tests. With words: only those whose names
# match, `sh scripts/test.sh convert`.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

need_packages lua5.4 lua-busted lua-socket libcmocka-dev curl wrk valgrind \
    nginx-light openssl ca-certificates bsdutils procps prometheus tmux chromium
command -v go >/dev/null || need_packages golang-go

BUILD_TESTING=ON sh scripts/build.sh
PRESET=asan sh scripts/build.sh # for sanitizers_spec
# Most tests wait most of the time: spec/CMakeLists.txt says which do not.
exec ctest --test-dir build --output-on-failure -j "$(($(nproc) * 3))" \
    ${1:+-R "$1"}
