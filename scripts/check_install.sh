#!/usr/bin/env bash
# Installs the release build to build/install, then builds and runs examples/host_api against that prefix alone.
# The packages of scripts/setup.sh must be installed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root"

prefix=$root/build/install
rm -rf "$prefix" build/example

build_all() { cmake --preset release && cmake --build --preset release --parallel "$(jobs)"; }
build_example() {
  cmake -G Ninja -S examples/host_api -B build/example -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 && cmake --build build/example
}

step "build everything" build_all
step "install to build/install" cmake --install build/release --prefix "$prefix"

# The package must work where it is copied to, so it may not name this build.
leaks=$(grep -rlF "$root" "$prefix/lib/cmake" || true)
[ -z "$leaks" ] || die "installed package files name the build's own folder: $leaks"

step "build the example" build_example
step "run the example" build/example/host_api models/fable-mla software
