#!/bin/sh
# build.sh FOLDER: checks the types of the page and builds it into FOLDER, with the packages that
# install.sh installs first.
set -eu
out=$1
cd "$(dirname "$0")"
./install.sh
node_modules/.bin/tsc --noEmit
node_modules/.bin/vite build --outDir "$out" --emptyOutDir --logLevel warn
# Files that came out as before keep a new time, so that the build sees them as done.
touch "$out"/index.html "$out"/page.js "$out"/page.css "$out"/icon.svg
