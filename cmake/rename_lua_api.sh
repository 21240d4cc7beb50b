#!/bin/sh
# rename_lua_api.sh ARCHIVE OUTPUT AR OBJCOPY: copies the Lua archive with
# lua_resume, lua_newthread, lua_resetthread and lua_sethook renamed to
# archive_NAME, each only in the member that defines it.
set -eu
archive=$1 output=$2 ar=$3 objcopy=$4

dir=$(dirname "$output")/members
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
"$ar" x "$archive"
rename() {
    "$objcopy" --redefine-sym "$2=archive_$2" "$1"
}
rename ldo.o lua_resume
rename ldebug.o lua_sethook
rename lstate.o lua_newthread
rename lstate.o lua_resetthread
rm -f "$output"
"$ar" rcs "$output" ./*.o
