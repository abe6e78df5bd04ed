#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Fails if a plugin allocates more than its list of checks allows.
#
#   tests/alloc/run.sh FOLDER   FOLDER takes what is built here; the plugins are found as by any program
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: tests/alloc/run.sh FOLDER}
program=$folder/alloc

# shellcheck disable=SC2046 # pkg-config prints words
cc -std=gnu11 -Wall -Wextra -Werror -O1 -fno-builtin-malloc -o "$program" "$here/alloc.c" \
	$(pkg-config --cflags --libs gstreamer-1.0)
# A model for those that need one, under this name in their lists.
model=$folder/tiny.safetensors
"$here/../python/tiny_clap.py" "$model"
while read -r plugin; do
	list=$folder/$plugin.txt
	sed "s|@MODEL@|$model|g" "$here/$plugin.txt" >"$list"
	G_SLICE=always-malloc "$program" "$list"
done <"$here/../../plugins/plugins.txt"
