#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Makes a fresh Debian 12 or 13 ready: packages, Rust, and with --for measure the plugins and
# auris-farm installed for this user. Asks nothing, does nothing twice, says only what it changes.
#
#   tools/setup.sh [--for measure|tests] [--no-rustup]
set -eu
cd "$(dirname "$0")/.."
. tools/paths.sh

purpose=measure
rustup=yes
while [ $# -gt 0 ]; do
	case $1 in
	--for) purpose=${2:?--for needs measure or tests} && shift ;;
	--no-rustup) rustup=no ;;
	*) echo "usage: tools/setup.sh [--for measure|tests] [--no-rustup]" >&2 && exit 2 ;;
	esac
	shift
done

say() { echo "setup: $*" >&2; }
fail() { say "$@" && exit 1; }

# What building and measuring need.
packages="gcc libc6-dev pkg-config meson ninja-build python3 ca-certificates
	libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
case $purpose in
measure) components="" ;;
tests)
	components="rustfmt clippy"
	packages="$packages g++ valgrind python3-venv python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0"
	;;
*) fail "--for $purpose: expected measure or tests" ;;
esac

# Runs a command whose output matters only when it fails.
quietly() {
	output=$(mktemp)
	if ! "$@" >"$output" 2>&1; then
		cat "$output" >&2
		rm -f "$output"
		fail "failed: $*"
	fi
	rm -f "$output"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

installed() {
	dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

install_packages() {
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		fail "neither root nor sudo; as root run: apt-get install --no-install-recommends" "$@"
	fi
	say "installing $*"
	quietly as_root apt-get update
	quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

need_packages() {
	if ! command -v dpkg-query >/dev/null; then
		say "not a Debian: taking for granted the equivalents of" "$@"
		return
	fi
	missing=""
	for package in "$@"; do
		installed "$package" || missing="$missing $package"
	done
	# shellcheck disable=SC2086 # a list of words
	[ -z "$missing" ] || install_packages $missing
}

# Debian's own rustup where there is one (13) and Debian's rustc, which it would replace, is not
# installed; otherwise the official installer.
install_rustup() {
	if apt-cache policy rustup 2>/dev/null | grep -q 'Candidate: [0-9]' && ! installed rustc && ! installed cargo; then
		need_packages rustup
		return
	fi
	need_packages curl
	say "installing rustup for $(id -un), from sh.rustup.rs"
	installer=$(mktemp)
	curl --proto '=https' --tlsv1.2 -sSf -o "$installer" https://sh.rustup.rs ||
		fail "cannot fetch the Rust installer; install Rust $rust_floor or later and run this again"
	quietly sh "$installer" -y --profile minimal --default-toolchain none
	rm -f "$installer"
}

need_rust() {
	find_rust
	if ! rust_is_good; then
		advice="Rust $rust_floor or later is needed, here is ${rust_version:-none}"
		[ $rustup = yes ] || fail "$advice: install rustup (rustup.rs), then: rustup toolchain install stable"
		say "$advice: installing the stable toolchain for $(id -un)"
		command -v rustup >/dev/null || install_rustup
		find_rust
		quietly rustup toolchain install stable --profile minimal --no-self-update
		rustup default >/dev/null 2>&1 || quietly rustup default stable
		find_rust
		rust_is_good || fail "rustc is still ${rust_version:-missing}: $(command -v rustc || echo 'not on PATH')"
	fi
	for component in $components; do
		tool=$(echo "$component" | sed 's/^clippy$/cargo-clippy/')
		"$tool" --version >/dev/null 2>&1 && continue
		command -v rustup >/dev/null || fail "$component is missing: install it beside $(command -v rustc)"
		say "adding $component"
		quietly rustup component add "$component"
	done
}

# One way to install: Meson, here into the user's own folders, which GStreamer scans first.
install_for_user() {
	build=target/meson/user
	mkdir -p target/meson
	# Other folders than last time: those that Meson was given are not this user's.
	if [ "$(cat $build/plugindirs 2>/dev/null)" != "$user_plugins" ]; then
		rm -rf $build
		say "building auris (some minutes the first time)"
		quietly meson setup $build --prefix "$HOME/.local" --libdir lib -Dplugindir="$user_plugins" \
			-Dshadowing-plugindir="$user_plugins" -Dcargo-target-dir="$PWD/target"
		echo "$user_plugins" >$build/plugindirs
	fi
	export CARGO_TERM_QUIET=true
	quietly meson install -C $build --only-changed
}

# shellcheck disable=SC2086 # a list of words
need_packages $packages
need_rust
[ "$purpose" != measure ] || install_for_user
