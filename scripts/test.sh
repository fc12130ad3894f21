#!/usr/bin/env bash
# Installs what testing needs, builds everything, lints, and runs the tests. Every part runs even when an earlier one
# failed; the status is non-zero if any did.
#
#   scripts/test.sh           the default tests
#   scripts/test.sh --long    also the tests labelled long, all tests under the address and undefined-behaviour
#                             sanitizers, and ten million executions of the fuzz targets
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root"

long=no
case "${1:-}" in
  "") ;;
  --long) long=yes ;;
  *) die "usage: scripts/test.sh [--long]" ;;
esac

failed=()
attempt() { step "$@" || failed+=("$1"); }

build() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(jobs)"
}

run_tests() {
  ctest --test-dir "build/$1" --output-on-failure --no-tests=error --parallel "$(jobs)" "${@:2}"
}

step "install packages" scripts/setup.sh --dev
step "build everything" build release
attempt "lint" scripts/lint.sh
if [ "$long" = no ]; then
  attempt "tests" run_tests release --label-exclude '^long$'
else
  attempt "tests, long ones included" run_tests release
  attempt "build with sanitizers" build asan-ubsan
  attempt "tests with sanitizers, long ones included" run_tests asan-ubsan
  attempt "fuzz targets" scripts/fuzz.sh
fi

((${#failed[@]} == 0)) || die "$(printf '%s failed; ' "${failed[@]}")see above"
say "all passed in $SECONDS s"
