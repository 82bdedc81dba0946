#!/bin/sh
# Makes sure that the tests of docs/deploy/ find nginx; without it they are skipped.
set -eu
if [ -x /usr/sbin/nginx ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing nginx for the tests of the proxy in front ..."
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if {
        apt-get -o Acquire::Retries=3 update &&
            apt-get -o Acquire::Retries=3 install -y --no-install-recommends nginx-light
    } >"$log" 2>&1; then
        service nginx stop >/dev/null 2>&1 || true
        exit 0
    fi
    tail -n 3 "$log"
fi
echo "There is no /usr/sbin/nginx: the tests of the proxy in front will be skipped."
