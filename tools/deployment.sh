#!/bin/sh
# Makes sure that the tests of docs/deploy/ find nginx and rsyslog; without them they are skipped.
set -eu
tls=/usr/lib/$(uname -m)-linux-gnu/rsyslog/lmnsd_ossl.so
if [ -x /usr/sbin/nginx ] && [ -x /usr/sbin/rsyslogd ] && [ -e "$tls" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing nginx and rsyslog for the tests of what is set up around the service ..."
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if {
        apt-get -o Acquire::Retries=3 update &&
            apt-get -o Acquire::Retries=3 install -y --no-install-recommends nginx-light rsyslog rsyslog-openssl
    } >"$log" 2>&1; then
        service nginx stop >/dev/null 2>&1 || true
        exit 0
    fi
    tail -n 3 "$log"
fi
echo "There is no nginx or no rsyslog with TLS: the tests of docs/deploy/ will be skipped."
