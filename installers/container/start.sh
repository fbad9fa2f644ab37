#!/bin/sh
# Starts the collector. Where its home has no certificate, one is made for TOLLBOOK_HOSTS (names separated by blanks, default:
# localhost) by an authority of its own, $TOLLBOOK_COLLECTOR_HOME/tls/authority.pem, which laptops are given as
# `tollbook enroll --ca`. Where nobody has a credential, an enrolment token is made, good for a day, in the file first-token: for the
# laptop of TOLLBOOK_FIRST_ENGINEER (an e-mail address), else for many laptops, each of which has to be approved.
set -eu
umask 077
home=${TOLLBOOK_COLLECTOR_HOME:?}
tls=$home/tls
if [ -z "${TOLLBOOK_COLLECTOR_TLS_CERT:-}" ] && [ ! -e "$home/collector.toml" ]; then
    if [ ! -e "$tls/collector.pem" ]; then
        mkdir -p "$tls"
        names=""
        for name in ${TOLLBOOK_HOSTS:-localhost}; do names="$names,DNS:$name"; done
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Tollbook authority" \
            -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
            -keyout "$tls/authority.key" -out "$tls/authority.pem" 2>/dev/null
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Tollbook collector" \
            -keyout "$tls/collector.key" -out "$tls/collector.csr" 2>/dev/null
        printf 'subjectAltName=%s,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' \
            "${names#,}" > "$tls/leaf.conf"
        openssl x509 -req -in "$tls/collector.csr" -CA "$tls/authority.pem" -CAkey "$tls/authority.key" -days 825 \
            -CAcreateserial -extfile "$tls/leaf.conf" -out "$tls/collector.part" 2>/dev/null
        rm -f "$tls/authority.key" "$tls/collector.csr" "$tls/leaf.conf" "$tls/authority.srl"
        mv "$tls/collector.part" "$tls/collector.pem"
    fi
    export TOLLBOOK_COLLECTOR_TLS_CERT="$tls/collector.pem" TOLLBOOK_COLLECTOR_TLS_KEY="$tls/collector.key"
fi
if tollbook-collector token list --json | grep -q '"credentials": \[\]'; then
    if [ -n "${TOLLBOOK_FIRST_ENGINEER:-}" ]; then
        set -- --engineer "$TOLLBOOK_FIRST_ENGINEER"
    else
        set -- --reusable
    fi
    tollbook-collector token create --kind enrolment --hours 24 --label first "$@" > "$home/first-token" 2>/dev/null
fi
exec tollbook-collector serve
