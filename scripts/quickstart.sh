#!/usr/bin/env bash
# From a clean clone on Debian 12 to text: installs the packages, builds the command line program, and runs
# `sluice run` with the arguments given here. Steps are reported on stderr; stdout is the program's.
#
#   scripts/quickstart.sh [arguments of sluice run]
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root"

step "1/4 install packages" scripts/setup.sh
step "2/4 configure" cmake --preset release
step "3/4 build" cmake --build --preset release --target sluice --parallel "$(jobs)"
say "==> 4/4 sluice run $*"
begin=$SECONDS
status=0
build/release/host/cli/sluice run "$@" || status=$?
say "    sluice run ended with status $status after $((SECONDS - begin)) s"
exit "$status"
