#!/bin/sh
# Builds target/debian/outwatch_VERSION_ARCHITECTURE.deb.
# Needs what a build needs, and cargo-deb (cargo install cargo-deb).
# A binary that is there already, in TARGET/release, is packed as it is: dist/deb.sh --no-build
set -eu
cd "$(dirname "$0")/.."

profile=dist
target=${CARGO_TARGET_DIR:-target}
if [ "${1:-}" = --no-build ]; then
    profile=release
else
    cargo build --locked --profile "$profile"
fi

# what the package says of the program, the program itself says
outwatch=$target/$profile/outwatch
pages=target/pages
rm -rf "$pages"
mkdir -p "$pages"
"$outwatch" man -o "$pages/man"
gzip -9n "$pages"/man/*.1
"$outwatch" completions bash -o "$pages/outwatch"
"$outwatch" completions zsh -o "$pages/_outwatch"
"$outwatch" completions fish -o "$pages/outwatch.fish"

cargo deb --locked --no-build --profile "$profile"
