# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=sh
# Sourced from the root of the repository: where the user's tools and plugins are.

# The first Rust that every dependency builds with: the workspace's rust-version.
rust_floor=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)
user_plugins=${XDG_DATA_HOME:-$HOME/.local/share}/gstreamer-1.0/plugins
farm=$HOME/.local/bin/auris-farm

version_of_rust() {
	rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p'
}

rust_is_good() {
	[ -n "$rust_version" ] && [ "$(printf '%s\n' "$rust_floor" "$rust_version" | sort -V | head -n 1)" = "$rust_floor" ]
}

# Puts a Rust that will do in front: what PATH has, rustup's folder, or rustup's stable toolchain. The
# user's default toolchain stays what it is.
find_rust() {
	rust_version=$(version_of_rust)
	cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
	if ! rust_is_good && [ -x "$cargo_bin/rustc" ]; then
		PATH=$cargo_bin:$PATH
		export PATH
		rust_version=$(version_of_rust)
	fi
	if ! rust_is_good && [ -n "$(RUSTUP_TOOLCHAIN=stable version_of_rust)" ]; then
		RUSTUP_TOOLCHAIN=stable
		export RUSTUP_TOOLCHAIN
		rust_version=$(version_of_rust)
	fi
}
