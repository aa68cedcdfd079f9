#!/bin/sh
# install.sh: installs the page's packages by package-lock.json, when that has changed since. Runs
# that come at once take turns. Not by `npm ci`: it insists on optional packages for other systems,
# which not every registry has.
set -eu
cd "$(dirname "$0")"
flock package-lock.json sh -c '
  if ! cmp -s package-lock.json node_modules/.installed; then
    npm install --no-save --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed
  fi'
