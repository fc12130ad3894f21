#!/usr/bin/env bash
# Installs the Debian packages that building and running Sluice needs. Needs Debian 12, and root when something is
# missing. Running it again installs nothing and needs neither root nor a network.
#
#   scripts/setup.sh          what building and `sluice run` need
#   scripts/setup.sh --dev    also what scripts/test.sh needs: linters, sanitizers, Yosys
set -euo pipefail
source "$(dirname "$0")/lib.sh"

packages=(
  ca-certificates                # cargo fetches crates over https
  clang-19 lld-19                # the one compiler of the project
  llvm-19-dev libclang-19-dev    # sluice-hls, the compiler of hls/ to SystemVerilog
  cmake ninja-build ccache pkg-config
  verilator                      # the simulated card, compiled by CMake with clang: no make, no g++
  zlib1g-dev                     # Verilator's FST waveforms
  cargo-web rustc-web            # Debian's current Rust, for the tokenizers crate
  libedit-dev                    # line editing of `sluice chat`
  catch2 libboost-dev libfmt-dev nlohmann-json3-dev libcli11-dev
)
dev_packages=(
  clang-format-19 clang-tidy-19
  libclang-rt-19-dev             # sanitizer runtimes of the asan-ubsan preset, and libFuzzer
  yosys
  python3
)

case "${1:-}" in
  "") ;;
  --dev) packages+=("${dev_packages[@]}") ;;
  *) die "usage: scripts/setup.sh [--dev]" ;;
esac

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}" || echo "an unknown system")
if [ "$system" != "debian 12" ]; then
  die "this is $system, and setup.sh knows Debian 12 only; elsewhere install the equivalents of: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  say "all ${#packages[@]} packages are installed"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  die "installing packages needs root; run as root: apt-get install --no-install-recommends ${missing[*]}"
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# apt-get's hundreds of lines are shown only when it fails.
apt_get() {
  apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 || {
    cat "$log"
    return 1
  }
}

step "update the package lists" apt_get update
step "install ${#missing[@]} packages: ${missing[*]}" apt_get install -y --no-install-recommends "${missing[@]}"
