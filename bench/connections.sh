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
# Needs 8 GiB that /dev/shm may hold. With QUICK=1 the kernel allows 1,000 open
# files, and the spec keeps nearly as many connections.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need user-mode-linux iproute2 procps lua5.4 lua-busted lua-socket curl
cat >"$folder/init" <<END
#!/bin/sh
export PATH=$PATH HOME=$HOME
mount -t proc proc /proc
ip link set lo up
ulimit -n $(by_mode 100000 1000)
cd "$PWD"
busted --lua=/usr/bin/lua5.4 --output=plainTerminal '--lpath=spec/?.lua' \
    spec/limits_spec.lua >"$folder/out" 2>&1
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
cat "$folder/out"
exit "$(cat "$folder/code")"
