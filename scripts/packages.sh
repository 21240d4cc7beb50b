# packages.sh -- sourced, not run: need_packages NAME... installs the Debian
# packages that are missing, or says which they are and ends the script.

need_packages() {
    missing=""
    for package in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
        *" installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -z "$missing" ] && return 0

    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        echo "Missing Debian packages, and no right to install them. Run:" >&2
        echo "  sudo apt-get install$missing" >&2
        exit 1
    fi
    echo "Installing:$missing"
    # shellcheck disable=SC2086 # the names are words
    {
        $as_root apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq \
                --no-install-recommends $missing
    } >/dev/null || {
        echo "apt-get could not install:$missing" >&2
        exit 1
    }
}
