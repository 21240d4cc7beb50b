#!/bin/sh
# rename_lua_api.sh ARCHIVE OUTPUT AR OBJCOPY: copies the Lua archive with
# the functions named below renamed to archive_NAME, each only in the member
# that defines it.
set -eu
archive=$1 output=$2 ar=$3 objcopy=$4

dir=$(dirname "$output")/members
rm -rf "$dir"
mkdir -p "$dir"
cp "$archive" "$dir/renamed.a"
cd "$dir"
# Members are replaced in place: core/sample/platform/code_map.c relies on the order of
# the archive, the core's members first.
rename() {
    member=$1 name=$2
    "$ar" x renamed.a "$member"
    "$objcopy" --redefine-sym "$name=archive_$name" "$member"
    "$ar" r renamed.a "$member"
}
rename ldo.o lua_resume
for name in lua_sethook lua_gethook lua_gethookmask lua_gethookcount; do
    rename ldebug.o $name
done
rename lapi.o lua_load
rename lstate.o lua_newthread
rename lstate.o lua_resetthread
rename lstate.o lua_close
# The speed of the interpreter depends on where the linker puts its functions in
# the lines of the cache: a `while` loop took 1.5 times as long in a build as in
# another. So each member begins at a line.
for member in $("$ar" t renamed.a); do
    "$ar" x renamed.a $member
    "$objcopy" --set-section-alignment .text=64 $member
    "$ar" r renamed.a $member
done
mv renamed.a "$output"
