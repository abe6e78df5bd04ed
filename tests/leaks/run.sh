#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Fails on any object that a plugin leaves behind.
#
#   tests/leaks/run.sh FOLDER   with FOLDER on GST_PLUGIN_PATH; it also takes what is built here
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: tests/leaks/run.sh FOLDER}
program=$folder/leaks

# shellcheck disable=SC2046 # pkg-config prints words
cc -std=c11 -Wall -Wextra -Werror -O1 -o "$program" "$here/leaks.c" $(pkg-config --cflags --libs gstreamer-1.0)
# A model for those that need one, under this name in their lists.
model=$folder/tiny.safetensors
"$here/../python/tiny_clap.py" "$model"
while read -r plugin; do
	list=$folder/$plugin.txt
	sed "s|@MODEL@|$model|g" "$here/$plugin.txt" >"$list"
	log=$folder/$plugin.log
	# Warm, so that scanning plugins is not traced.
	gst-inspect-1.0 --plugin "$plugin" >/dev/null
	GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 \
		"$program" "$plugin" "$list" 2>"$log" || { cat "$log" && exit 1; }
	# The tracer announces its records by their format; without that it did not run.
	grep -q 'new format string: object-alive' "$log" || { cat "$log" && exit 1; }
	if grep 'object-alive,' "$log" | grep -v 'new format string'; then
		echo "$plugin leaks; the objects are listed above"
		exit 1
	fi
done <"$here/../../plugins/plugins.txt"
