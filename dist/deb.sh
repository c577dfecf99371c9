#!/bin/sh
# Builds debian/outwatch_VERSION_ARCHITECTURE.deb in the target folder. Needs what a build needs, and
# cargo-deb (cargo install cargo-deb). With --no-build, TARGET/release/outwatch is packed as it is.
# DEBFULLNAME and DEBEMAIL say who publishes it.
set -eu
cd "$(dirname "$0")/.."

profile=dist
if [ "${1:-}" = --no-build ]; then
    profile=release
else
    cargo build --locked --profile "$profile"
fi

# what the package says of the program, the program itself says
outwatch=${CARGO_TARGET_DIR:-target}/$profile/outwatch
pages=target/pages
rm -rf "$pages"
mkdir -p "$pages"
"$outwatch" man -o "$pages/man"
gzip -9n "$pages"/man/*.1
"$outwatch" completions bash -o "$pages/outwatch"
"$outwatch" completions zsh -o "$pages/_outwatch"
"$outwatch" completions fish -o "$pages/outwatch.fish"

gzip -9nc CHANGELOG.md >"$pages/changelog.gz"
maintainer=
if [ -n "${DEBEMAIL:-}" ]; then
    maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"
fi
version=$("$outwatch" --version | cut -d ' ' -f 2)
cat >"$pages/changelog" <<END
outwatch ($version-1) unstable; urgency=medium

  * See changelog.gz for what is new.

 -- ${maintainer:-Outwatch maintainers <outwatch@localhost>}  $(date -R ${SOURCE_DATE_EPOCH:+-d "@$SOURCE_DATE_EPOCH"})
END

cargo deb --locked --no-build --profile "$profile" ${maintainer:+--maintainer "$maintainer"}
