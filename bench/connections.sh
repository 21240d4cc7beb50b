#!/bin/sh
# connections.sh: 20,000 kept connections in one process, on any machine.
#
#   sh bench/connections.sh
#
# limits_spec keeps as many as `ulimit -Hn` allows, and where that is below some
# 20,100 root itself may not be let raise it. So this runs the spec under a
# kernel of its own, user-mode Linux, on this machine's files. It takes some two
# minutes, since each system call is caught; prints what the spec prints.
#
# Needs a build with BUILD_TESTING=ON, and 8 GiB that /dev/shm may hold.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/packages.sh"
need_packages user-mode-linux iproute2 procps lua5.4 lua-busted lua-socket curl
[ -e "$here/build/CTestTestfile.cmake" ] || {
    echo "bench/connections.sh: no tests: BUILD_TESTING=ON sh scripts/build.sh" >&2
    exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/init" <<END
#!/bin/sh
export PATH=$PATH HOME=$HOME
mount -t proc proc /proc
ip link set lo up
ulimit -n 100000
cd "$here"
ctest --test-dir build --verbose -R '^limits_spec\$' >"$folder/out" 2>&1
echo \$? >"$folder/code"
sync
poweroff -f
END
chmod +x "$folder/init"
timeout 1200 linux.uml rootfstype=hostfs rootflags=/ rw mem=8G \
    init="$folder/init" con=null con0=fd:0,fd:1 </dev/null >"$folder/kernel" 2>&1 ||
    true
[ -e "$folder/code" ] || {
    tail -20 "$folder/kernel" "$folder/out" >&2
    exit 1
}
sed -n 's/^[0-9]*: //p' "$folder/out" | sed '1,/^Test timeout/d'
exit "$(cat "$folder/code")"
