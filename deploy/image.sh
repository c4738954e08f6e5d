#!/bin/sh
# The steps of the image, which deploy/Dockerfile and the suite both run: Deskgate with what is pinned, in a folder of its own that needs
# nothing else of this tree, and the folder for what is kept, which belongs to the user who runs it.
#   image.sh VENV KEPT USER
set -eu
venv=$1 kept=$2 user=$3
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

python -m pip install --quiet --disable-pip-version-check --root-user-action ignore --require-hashes --target "$tools" -r requirements-uv.txt
into() { PYTHONPATH="$tools" python -m uv pip install --quiet --link-mode copy --no-deps --python "$venv/bin/python" "$@"; }

python -m venv --without-pip "$venv"
into --require-hashes -r requirements.txt
into --no-build-isolation .

install -d -m 0700 -o "$user" -g "$user" "$kept"
