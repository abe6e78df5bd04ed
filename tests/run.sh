#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Runs the whole test suite, setting up first what is missing.
#
#   tests/run.sh                     every stage, up to the first that fails
#   tests/run.sh fmt clippy          these stages
#   tests/run.sh --keep-going …      also what comes after a failure
#   tests/run.sh --verbose …         with the whole output of every stage
#   tests/run.sh --no-rustup …       never installs Rust, only says how to
set -eu
cd "$(dirname "$0")/.."
. tools/paths.sh

stages="fmt clippy test doc doctest meson static leaks valgrind alloc python asan fuzz"
fuzz_seconds=${FUZZ_SECONDS:-30}

chosen="" keep_going=no verbose=no rustup=""
for argument in "$@"; do
	case $argument in
	--keep-going) keep_going=yes ;;
	--verbose) verbose=yes ;;
	--no-rustup) rustup=--no-rustup ;;
	*)
		case " $stages " in
		*" $argument "*) chosen="$chosen $argument" ;;
		*) echo "tests/run.sh: no stage $argument; there are: $stages" >&2 && exit 2 ;;
		esac
		;;
	esac
done

# shellcheck disable=SC2086 # empty or one word
tools/setup.sh --for tests $rustup
find_rust

logs=$PWD/target/check/logs
build=$PWD/target/meson/check
image=$PWD/target/check/image
mkdir -p "$logs"

# Tests ask cargo and GStreamer for nothing that this machine's user has set up.
unset GST_PLUGIN_PATH GST_PLUGIN_SYSTEM_PATH GST_REGISTRY GST_DEBUG GST_TRACERS RUSTFLAGS CARGO_TARGET_DIR

# Logs are for findings, not for the names of what is compiled.
export CARGO_TERM_QUIET=true

# What nobody will change again need not be kept ready for changes.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

need_nextest() {
	command -v cargo-nextest >/dev/null && return
	echo "installing cargo-nextest (once, some minutes)"
	# It drives tests and need not be fast itself: this halves the time it takes to build.
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install --locked --target-dir target/nextest cargo-nextest
	rm -rf target/nextest
	PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
}

nextest() {
	need_nextest
	cargo nextest run --locked --no-fail-fast --status-level fail --final-status-level fail "$@"
}

stage_fmt() {
	cargo fmt --all --check
}

stage_clippy() {
	cargo clippy --locked --workspace --all-targets -- -D warnings
}

# What ASan checks: the kernels and elements.
asan_packages() {
	echo auris-dsp auris-eq auris-clap auris-support
	sed 's/^/gst-plugin-/' plugins/plugins.txt
}

# How much memory there is: ASan keeps what is freed.
unfit_for_asan='test(=long::two_hours_take_the_memory_of_twenty_minutes)'

# Tests of what ONNX Runtime computes need its library; they are skipped, and it is said so, where that
# cannot be fetched.
stage_test() {
	if AURIS_ONNXRUNTIME=$(tools/onnxruntime.sh); then
		export AURIS_ONNXRUNTIME
	else
		unset AURIS_ONNXRUNTIME
		echo "SKIPPED: what ONNX Runtime computes is not tested"
	fi
	# shellcheck disable=SC2046 # a list of words
	nextest $(test_packages)
}

# The packages that `test` builds. Where ASan's stage runs as well, what it checks is built and run once, for it,
# but for CLAP's: some of that is unfit for ASan. One choice for all of a run: with another, cargo would choose other
# features of what they depend on, and build that again.
test_packages() {
	echo --workspace
	case " ${chosen:-$stages} " in
	*" asan "*) asan_packages | tr ' ' '\n' | grep -v clap | sed 's/^/--exclude=/' ;;
	esac
}

farm_footprint() {
	# shellcheck disable=SC2046 # a list of words
	nextest $(test_packages) -E 'test(=footprint::four_jobs_stay_below_twenty_megabytes)'
}

stage_doc() {
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
}

stage_doctest() {
	cargo test --locked --workspace --doc
}

# Builds as a packager would, into a target folder that cargo's other users share.
meson_build() {
	mkdir -p target/meson
	[ -e "$build/build.ninja" ] || meson setup "$build" --prefix /usr -Dcargo-target-dir="$PWD/target"
	meson compile -C "$build"
}

option() {
	meson introspect "$build" --buildoptions | python3 -c "
import json, sys
print(next(o['value'] for o in json.load(sys.stdin) if o['name'] == '$1'))"
}

there() {
	for file in "$@"; do
		[ -s "$file" ] || { echo "$file is missing or empty" && return 1; }
	done
}

# `meson devenv` with a registry that starts empty and knows no other copy of the plugins.
in_devenv() {
	env XDG_DATA_HOME="$image/none" XDG_CACHE_HOME="$image/none" meson devenv -C "$build" "$@"
}

# What a packager gets: every file in its place below DESTDIR, and a program that works.
stage_meson() {
	meson_build
	rm -rf "$image" "$build/registry.bin"
	DESTDIR=$image meson install -C "$build" --no-rebuild --quiet
	libdir=$image/usr/$(option libdir)
	while read -r plugin; do
		folder=$libdir/gstreamer-1.0
		case $plugin in
		# One of GStreamer's own has this name, and stays.
		spectrum) folder=$libdir/auris/gstreamer-1.0 ;;
		esac
		there "$folder/libgst$plugin.so" "$libdir/pkgconfig/gst$plugin.pc"
		in_devenv gst-inspect-1.0 --plugin "$plugin" | grep -F "$build/plugins/libgst$plugin.so"
	done <plugins/plugins.txt
	share=$image/usr/share
	there "$share/man/man1/auris-farm.1" "$share/bash-completion/completions/auris-farm.bash" \
		"$share/zsh/site-functions/_auris-farm" "$share/fish/vendor_completions.d/auris-farm.fish"
	target/release/auris-album target/album
	"$image/usr/bin/auris-farm" measure target/album
	# As it is shipped, it must do with less memory than a program for tests.
	AURIS_FARM=$image/usr/bin/auris-farm farm_footprint
}

# What an application gets that links the plugins into itself. Whether it links and loads does not hang on how fast
# it is.
stage_static() {
	meson_build
	export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
	static=$PWD/target/meson/static
	prefix=$PWD/target/check/static
	[ -e "$static/build.ninja" ] || meson setup "$static" --prefix "$prefix" \
		-Ddefault_library=static -Dcargo-target-dir="$PWD/target"
	meson compile -C "$static" plugins
	meson install -C "$static" --no-rebuild --tags plugins,devel
	PKG_CONFIG_PATH=$prefix/$(option libdir)/pkgconfig
	export PKG_CONFIG_PATH
	while read -r plugin; do
		# shellcheck disable=SC2046 # pkg-config prints words
		cc -DPLUGIN="$plugin" -o "$prefix/$plugin" tests/static/main.c \
			$(pkg-config --cflags --libs "gst$plugin")
		GST_PLUGIN_SYSTEM_PATH="$prefix/none" "$prefix/$plugin"
	done <plugins/plugins.txt
}

stage_leaks() {
	meson_build
	mkdir -p target/check/leaks
	in_devenv "$PWD/tests/leaks/run.sh" "$PWD/target/check/leaks"
}

# Whether messages that are used again are nobody's by then.
stage_valgrind() {
	meson_build
	mkdir -p target/check/leaks
	in_devenv "$PWD/tests/leaks/valgrind.sh" "$PWD/target/check/leaks"
}

# What elements allocate per buffer, per message and per day.
stage_alloc() {
	meson_build
	mkdir -p target/check/alloc
	in_devenv "$PWD/tests/alloc/run.sh" "$PWD/target/check/alloc"
}

# Debian's gi belongs to Debian's Python; another python3 earlier on PATH may not have it.
stage_python() {
	meson_build
	in_devenv /usr/bin/python3 -m unittest discover --start-directory "$PWD/tests/python"
}

# Runs a command of cargo's on what ASan checks. The standard library is not instrumented, and GLib
# keeps memory until exit that no one needs to hear of.
with_asan() {
	host=$(rustc -vV | sed -n 's/^host: //p')
	# shellcheck disable=SC2046 # a list of words
	RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
		"$@" --target "$host" --target-dir target/asan $(asan_packages | tr ' ' '\n' | sed 's/^/--package=/')
}

# The kernels' and elements' own tests with every access to memory checked.
stage_asan() {
	with_asan nextest -E "not $unfit_for_asan"
}

stage_fuzz() {
	tests/fuzz/run.sh "$fuzz_seconds"
}

# What a stage says at its end: the runners' own summaries.
closing_lines() {
	grep -E '^SKIPPED|^ *Summary \[|^test result:|^Ran [0-9]+ tests|^OK|: [0-9]+ runs$' "$1" || true
}

# Leaves the stage's exit status in $status. Nothing here may stand in an `if` or beside `&&`: there,
# and in everything called from there, the shell ignores `set -e`, and a stage would run on past a
# command that failed.
run_stage() {
	log=$logs/$1.log
	set +e
	if [ $verbose = yes ]; then
		(
			set -e
			"stage_$1"
		)
		status=$?
	else
		(
			set -e
			"stage_$1"
		) >"$log" 2>&1
		status=$?
		if [ $status = 0 ]; then closing_lines "$log"; else tail -n 100 "$log"; fi
	fi
	set -e
}

report="" failed=0
# shellcheck disable=SC2086 # a list of words
for stage in ${chosen:-$stages}; do
	echo "==> $stage"
	began=$(date +%s)
	# A release build is mostly one crate after another: what ASan needs is built beside it. Its stage
	# waits for cargo's lock if it must, and says what failed.
	case "$stage ${chosen:-$stages}" in
	meson*asan*) (with_asan cargo test --locked --no-run) >"$logs/asan-build.log" 2>&1 & ;;
	esac
	run_stage "$stage"
	if [ $status = 0 ]; then result=passed; else result=FAILED failed=1; fi
	report="$report$(printf '%-8s %s %5d s' "$stage" $result $(($(date +%s) - began)))
"
	[ $failed = 0 ] || [ $keep_going = yes ] || break
done
wait
printf '\n%s' "$report"
exit $failed
