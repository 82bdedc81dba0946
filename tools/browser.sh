#!/bin/sh
# Makes sure that the tests of the pages find Chromium and a Chinese font; without them these tests are skipped.
set -eu
if [ -x /usr/bin/chromium ] && { ! command -v fc-list >/dev/null || [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; }; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium and a Chinese font for the tests of the pages ..."
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if {
        apt-get -o Acquire::Retries=3 update &&
            apt-get -o Acquire::Retries=3 install -y --no-install-recommends chromium fonts-noto-cjk fontconfig
    } >"$log" 2>&1; then
        exit 0
    fi
    tail -n 3 "$log"
fi
if [ -x /usr/bin/chromium ]; then
    echo "There is no Chinese font: install fonts-noto-cjk, or the pages are tested with empty boxes for characters."
else
    echo "There is no /usr/bin/chromium: the tests of the pages will be skipped."
fi
