#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Checks that the kernels compile for AArch64, where they take the portable path. By hand: needs
# either rustup's standard library for that target (`rustup target add aarch64-unknown-linux-gnu`) or,
# as root, Debian's mmdebstrap, with which it makes a root folder of Debian unstable whose compiler has
# one (1.3 GB).
#
#   tests/aarch64.sh [FOLDER]     the root folder; target/aarch64-root if none is named
set -eu
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu

if [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
	exec cargo check --locked -p auris-dsp -p auris-eq -p auris-clap --all-targets --target $target
fi

root=${1:-$PWD/target/aarch64-root}
[ -x "$root/usr/bin/cargo" ] || mmdebstrap --variant=apt --architectures=amd64,arm64 \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--include=rustc,cargo,libstd-rust-dev:arm64 sid "$root"
cargo fetch --locked
rm -rf "$root/src" "$root/cargo"
mkdir -p "$root/src" "$root/cargo"
git ls-files -z | xargs -0 tar -c | tar -x -C "$root/src"
cp -a "${CARGO_HOME:-$HOME/.cargo}/registry" "$root/cargo/"
[ ! -e "${CARGO_HOME:-$HOME/.cargo}/config.toml" ] || cp "${CARGO_HOME:-$HOME/.cargo}/config.toml" "$root/cargo/"
exec chroot "$root" env CARGO_HOME=/cargo PATH=/usr/bin:/bin sh -c \
	"cd /src && cargo check --offline --locked -p auris-dsp -p auris-eq -p auris-clap --target $target"
