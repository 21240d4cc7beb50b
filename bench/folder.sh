# folder.sh: to be sourced: a new folder, $folder, which goes when the script ends,
# as do the processes in $pids.

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
