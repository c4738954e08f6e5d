#!/usr/bin/env bash
# Installs what `make cluster` starts, from Debian: etcd, Patroni, HAProxy, PostgreSQL 15. Starts none of them, and makes no cluster of Debian's own.
set -euo pipefail

missing=()
command -v etcd >/dev/null || missing+=(etcd-server)
command -v patroni >/dev/null || missing+=(patroni python3-etcd)
command -v haproxy >/dev/null || missing+=(haproxy)
command -v ip >/dev/null || missing+=(iproute2)
[[ -x /usr/lib/postgresql/15/bin/postgres ]] || missing+=(postgresql-15)
if ((${#missing[@]} == 0)); then exit 0; fi
if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    echo "make cluster needs ${missing[*]}: install them as root" >&2
    exit 1
fi

echo "Installing ${missing[*]}"
# What a package would start is refused, unless this machine has said already what may start.
if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
mkdir -p /etc/postgresql-common/createcluster.d
[[ -e /etc/postgresql-common/createcluster.d/none.conf ]] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/none.conf
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
{ apt-get -o Acquire::http::Timeout=30 update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; exit 1; }
rm -f "$log"
