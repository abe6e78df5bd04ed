#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Makes the music that tests/data/dr_reference.csv was measured on: ten tracks of The Battle for
# Wesnoth, as Debian 12 packages them, in five formats.
#
#   tests/differential/make-corpus.sh FOLDER     about 900 MB; what is there already is kept
#
# Needs the packages wesnoth-1.16-music and ffmpeg. Exit code 77: skipped, for want of one of them.
# The encoders' settings are part of the reference: other ones give other samples.
set -eu
folder=${1:?usage: make-corpus.sh FOLDER}
music=/usr/share/games/wesnoth/1.16/data/core/music

skip() {
	echo "SKIPPED: $*" >&2
	exit 77
}
[ -d "$music" ] || skip "no $music. On Debian 12: apt-get install wesnoth-1.16-music." \
	"Debian 13 has another version of the music, of which there are no reference values."
command -v ffmpeg >/dev/null || skip "no ffmpeg. On Debian: apt-get install ffmpeg."

# convert FROM TO OPTION…: a file appears under its name only when it is whole.
convert() {
	from=$1 to=$2
	shift 2
	[ -s "$to" ] && return
	part=${to%/*}/part-${to##*/}
	ffmpeg -v error -y -nostdin -i "$from" "$@" "$part"
	mv "$part" "$to"
}

for format in ogg wav flac mp3 m4a; do
	mkdir -p "$folder/$format"
done
for track in battle casualties_of_war heroes_rite journeys_end knolls love_theme northerners \
	revelation siege_of_laurelmor the_dangerous_symphony; do
	[ -e "$music/$track.ogg" ] || skip "$music/$track.ogg is missing: another version of the music"
	ogg=$folder/ogg/$track.ogg wav=$folder/wav/$track.wav
	[ -s "$ogg" ] || cp "$music/$track.ogg" "$ogg"
	convert "$ogg" "$wav" -map 0:a -map_metadata -1 -fflags +bitexact -flags:a +bitexact -c:a pcm_s16le
	convert "$wav" "$folder/flac/$track.flac" -c:a flac -compression_level 5
	convert "$wav" "$folder/mp3/$track.mp3" -c:a libmp3lame -b:a 256k
	convert "$wav" "$folder/m4a/$track.m4a" -c:a aac -b:a 256k
done
