#!/usr/bin/env bash
# build.sh FOLDER: compiles src/ to lib/ and bundles it into FOLDER/index.js.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:?usage: scripts/build.sh FOLDER}

new=$folder.new # a build that fails leaves the old bundle alone
rm -rf "$new"
trap 'rm -rf "$new"' EXIT
node_modules/.bin/tsc -p tsconfig.build.json
node_modules/.bin/ncc build lib/main.js --out "$new" --license licenses.txt
chmod 755 "$new/index.js"
scripts/sources-digest.sh >"$new/sources.sha256"
rm -rf "$folder"
mv "$new" "$folder"
