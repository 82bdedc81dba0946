#!/bin/sh
# Makes sure that the tests of signing in at an outside provider find one (glewlwyd); without it they are skipped.
set -eu
tables=/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3
if [ -x /usr/bin/glewlwyd ] && [ -f "$tables" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing glewlwyd, an OIDC provider, for the tests of signing in ..."
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if {
        apt-get -o Acquire::Retries=3 update &&
            apt-get -o Acquire::Retries=3 install -y --no-install-recommends glewlwyd glewlwyd-common
    } >"$log" 2>&1; then
        exit 0
    fi
    tail -n 3 "$log"
fi
echo "There is no /usr/bin/glewlwyd: the tests of signing in at an outside provider will be skipped."
