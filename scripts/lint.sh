#!/usr/bin/env bash
# All static checks, each with a line for its result. Runs every check even when one fails; the status is non-zero if
# any did. Needs the packages of `scripts/setup.sh --dev` and a configured and built release preset (clang-tidy reads
# its compile commands and generated headers; the card's kernels are made there).
#
#   scripts/lint.sh                  all checks
#   scripts/lint.sh NAME...          only the named: format tidy verilator yosys includes paths, and tidy_compiler, which is
#                                    not among all: LLVM's headers make hls/compiler take a quarter of an hour
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root"

git -c safe.directory="$root" rev-parse --git-dir >/dev/null || die "the checks read git's list of files; clone the repository"

work=$root/build/lint
mkdir -p "$work"

# Files of the repository: tracked, or new and not ignored. Arguments are git pathspecs.
files() {
  git -c safe.directory="$root" ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    if [ -e "$file" ]; then printf '%s\n' "$file"; fi
  done
}

check_format() {
  files '*.cpp' '*.hpp' '*.h' | xargs --no-run-if-empty clang-format-19 --dry-run -Werror
}

tidy() {
  local commands=build/release/compile_commands.json
  [ -e "$commands" ] || die "$commands is missing; build first: cmake --preset release && cmake --build --preset release"
  scripts/run_clang_tidy.py "$commands" "$work/tidy" "$@"
}

check_tidy() { tidy host hls/attention hls/kv_compress hls/router hls/unit hls/vector sim; }

check_tidy_compiler() { tidy hls/compiler; }

# Modules are all of rtl/ but packages (rtl/pkg) and formal harnesses (rtl/formal); one a file, named as the file.
modules() { files 'rtl/*.sv' ':!rtl/pkg' ':!rtl/formal'; }
packages() { files 'rtl/*.sv' | grep '^rtl/pkg/' || true; }
# The kernels of hls/ that are modules of the card, as sluice-hls made them.
kernels() {
  local kernel
  for kernel in vector router; do
    kernel=build/release/hls/$kernel/sluice_$kernel.hls/sluice_$kernel.sv
    [ -e "$kernel" ] || die "$kernel is missing; build first: cmake --preset release && cmake --build --preset release"
    printf '%s\n' "$kernel"
  done
}
is_behavioural() { grep -q '^ *// synthesis: behavioural' "$1"; }

# for_each_module COMMAND [FILE...]: runs COMMAND FILE for every module and the named files, in parallel; prints the output
# of those that fail.
for_each_module() {
  local list
  list=$(modules; (($# == 1)) || printf '%s\n' "${@:2}")
  [ -n "$list" ] || { say "rtl/ has no modules"; return 0; }
  export -f "$1" packages files say die kernels is_behavioural
  export root work
  printf '%s\n' "$list" | xargs -P "$(jobs)" -I{} bash -c '
    set -euo pipefail
    if output=$('"$1"' "$1" 2>&1); then
      if [ -n "$output" ]; then printf "%s\n" "$output"; fi
    else
      printf "%s\n%s: failed\n" "$output" "$1"
      exit 1
    fi' -- {}
}

# Waivers, each with its reason, are rtl/lint/*.vlt.
verilate_module() {
  local search=() module
  module=$(basename "$1" .sv)
  while read -r folder; do search+=(-y "$folder"); done < <({ files 'rtl/*.sv'; kernels; } | xargs -n1 dirname | sort -u)
  # shellcheck disable=SC2046  # one word a file is meant
  verilator --lint-only -Wall "${search[@]}" -Irtl/pkg --top-module "$module" \
    $(files '*.vlt') $(packages) "$1"
}

check_verilator() {
  local list
  list=$(kernels)
  # shellcheck disable=SC2086  # one word a file is meant
  for_each_module verilate_module $list
}

# A module with the line '// synthesis: behavioural' is not synthesized; others see its ports as a black box.
elaborate_module() {
  local module
  module=$(basename "$1" .sv)
  if is_behavioural "$1"; then
    say "skipped, behavioural: $1"
    return 0
  fi
  yosys -q -e 'Latch inferred' -p "
    verilog_defaults -add -I rtl/pkg
    read_verilog -sv $(packages | tr '\n' ' ') $1
    hierarchy -check -top $module -libdir $work/yosys
    proc
    check -assert"
}

check_yosys() {
  rm -rf "$work/yosys"
  mkdir -p "$work/yosys"
  local file list
  while read -r file; do
    if is_behavioural "$file"; then
      # Its header, which ends in the first line that starts with ');'.
      { echo '(* blackbox *)'; sed -n '/^module /,/^);/p' "$file"; echo endmodule; } >"$work/yosys/$(basename "$file")"
    else
      ln -s "$root/$file" "$work/yosys/"
    fi
  done < <(modules)
  # Kernels too are black boxes here: all of one takes Yosys minutes.
  list=$(kernels)
  for file in $list; do
    { echo '(* blackbox *)'; sed -n '/^module /,/^);/p;/^);/q' "$file"; echo endmodule; } >"$work/yosys/$(basename "$file")"
  done
  for_each_module elaborate_module
}

check_includes() { python3 -B scripts/check_includes.py; }

# Tracked files name no folder of one developer's machine. The brackets keep this line from finding itself.
check_paths() {
  local status=0
  git -c safe.directory="$root" grep -nIE '(^|[^A-Za-z0-9_.-])/(work|home)/|/tmp/bash_[j]obs' \
    -- ':!models/*/tokenizer.json' || status=$?
  ((status == 1))  # git grep's status when nothing matches
}

all_checks=(format tidy verilator yosys includes paths)
checks=("$@")
((${#checks[@]} > 0)) || checks=("${all_checks[@]}")
failed=()
for check in "${checks[@]}"; do
  [[ " ${all_checks[*]} tidy_compiler " == *" $check "* ]] || die "no check is named $check; there are: ${all_checks[*]} tidy_compiler"
  if output=$("check_$check" 2>&1); then
    say "lint: $check: passed${output:+ ($(paste -sd ';' <<<"$output"))}"
  else
    say "$output"
    say "lint: $check: FAILED"
    failed+=("$check")
  fi
done
((${#failed[@]} == 0)) || die "lint failed: ${failed[*]}"
