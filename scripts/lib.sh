# SPDX-FileCopyrightText: 2026 The gstpublish authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What every script here starts with (sourced, not run): the working directory is the module's root, and `go` is a Go
# that can build this module.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit 1
}

# step prints what a script does now, and how many seconds after its start.
step() {
	printf '%s: [%3d s] %s\n' "${0##*/}" "$SECONDS" "$1"
}

# Without a home the go command has nowhere to cache.
if [[ -z ${HOME:-} ]]; then
	export GOCACHE=${GOCACHE:-$root/.cache/go-build} GOPATH=${GOPATH:-$root/.cache/go}
fi

# go_minor prints 26 for a go command that is go1.26.8, and nothing for one that doesn't run. $2 is GOTOOLCHAIN: local
# for the go command itself, auto for what it is in this module, which may mean fetching a newer toolchain.
go_minor() {
	local version
	version=$(GOTOOLCHAIN=$2 "$1" env GOVERSION 2>/dev/null) || return 0
	[[ $version =~ ^go1\.([0-9]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
	return 0
}

# find_go puts a go command of at least the version in go.mod first on PATH. Where there is none, a Go from 1.21 on will
# do that can fetch one through the module proxy (https://go.dev/doc/toolchain).
find_go() {
	local want first candidate minor older=
	want=$(sed -n 's/^go 1\.\([0-9]*\).*/\1/p' go.mod)
	first=$(type -P go || true)
	local places=(/usr/local/go/bin "${HOME:-}/go/bin" "${HOME:-}"/sdk/go1.*/bin /usr/lib/go-1.*/bin)
	for candidate in "$first" "${places[@]/%//go}"; do
		[[ -x $candidate ]] || continue
		# Outside the module, where an old Go still tells its version.
		minor=$(cd / && go_minor "$candidate" local)
		if ((${minor:-0} >= want)); then
			[[ $candidate == "$first" ]] || export PATH="${candidate%/*}:$PATH"
			return
		fi
		if ((${minor:-0} >= 21)) && [[ -z $older ]]; then older=$candidate; fi
	done
	if [[ -n $older ]]; then
		minor=$(go_minor "$older" auto)
		if ((${minor:-0} >= want)); then
			export GOTOOLCHAIN=auto PATH="${older%/*}:$PATH"
			return
		fi
		echo "$older is too old, and couldn't fetch a newer one:" >&2
		GOTOOLCHAIN=auto "$older" version >&2 || true
	fi
	die "Go 1.$want or newer is needed. Looked on PATH and in ${places[*]}.
Debian's golang package is too old: get Go from https://go.dev/dl/ and unpack it to /usr/local/go."
}
find_go
