#!/usr/bin/env bash
# Fuzzes what reads untrusted bytes (testbench/fuzz): ten million executions and more, from the committed corpora, with
# fixed seeds. Ends in a line a target, and is non-zero if one failed; the input that did it lies where that line says.
#
#   scripts/fuzz.sh                    builds the targets (preset fuzz) and runs all of them, as scripts/test.sh --long
#   scripts/fuzz.sh TARGET             one of them: safetensors config tokenizer model_file command_check command_run
#   scripts/fuzz.sh TARGET RUNS        with another number of executions
#   SEED=7 scripts/fuzz.sh TARGET      with another seed than 1, to look elsewhere
#   scripts/fuzz.sh --merge            puts what the last runs found into the corpora, as few files as reach most code
#   scripts/fuzz.sh --built DIR TARGET as TARGET, in an existing build; for ctest
set -euo pipefail
source "$(dirname "$0")/lib.sh"
cd "$root"

# Target, executions, longest input in bytes, dictionary. Executions by speed: about five minutes a target on one core.
plan="
safetensors   3000000 4096  safetensors
config        1000000 4096  config
tokenizer      100000 4096  tokenizer
model_file     250000 12000 safetensors
command_check 8000000 512   command
command_run    500000 2304  command
"
targets=$(awk 'NF {print $1}' <<<"$plan")

usage() {
  sed -n '/^#   /s/^#   //p' "$0" >&2
  exit 2
}

# plan_of TARGET FIELD
plan_of() { awk -v target="$1" -v field="$2" '$1 == target {print $field}' <<<"$plan"; }

# run BUILD TARGET RUNS: one target, its log and summary in BUILD/fuzz/TARGET.
run() {
  local build=$1 target=$2 runs=$3 begin=$SECONDS status=0 folder=$1/fuzz/$2
  rm -rf "$folder"
  mkdir -p "$folder/found"
  local regressions=()
  [ ! -d "testbench/fuzz/regressions/$target" ] || regressions=("testbench/fuzz/regressions/$target")
  # Leaks are looked for by the runs over the corpora: after every execution it takes half of the time.
  "$build/testbench/fuzz/fuzz_$target" -runs="$runs" -seed="${SEED:-1}" -max_len="$(plan_of "$target" 3)" -len_control=0 \
    -dict="testbench/fuzz/dictionaries/$(plan_of "$target" 4).dict" -timeout=20 -rss_limit_mb=2048 -detect_leaks=0 \
    -print_final_stats=1 -artifact_prefix="$folder/" "$folder/found" "testbench/fuzz/corpus/$target" \
    "${regressions[@]}" >"$folder/log" 2>&1 || status=$?
  local executions edges
  executions=$(awk '/^stat::number_of_executed_units:/ {print $2}' "$folder/log")
  edges=$(grep -oE 'cov: [0-9]+' "$folder/log" | tail -1 | cut -d' ' -f2 || true)
  printf 'fuzz: %-13s %9d executions in %4d s, %5d edges, %s\n' "$target" "${executions:-0}" $((SECONDS - begin)) \
    "${edges:-0}" "$([ "$status" = 0 ] && echo 'no failure' || echo "FAILED: see $folder")" | tee "$folder/summary" >&2
  [ "$status" = 0 ] || tail -n 40 "$folder/log" >&2
  return "$status"
}

build() {
  cmake --preset fuzz >&2
  cmake --build build/fuzz --parallel "$(jobs)" --target fuzz_targets >&2
}

run_all() {
  local status=0
  ctest --test-dir build/fuzz --output-on-failure --no-tests=error --parallel "$(jobs)" >&2 || status=$?
  cat build/fuzz/fuzz/*/summary >&2
  awk '{sum += $3} END {printf "fuzz: %d executions in all\n", sum}' build/fuzz/fuzz/*/summary >&2
  return "$status"
}

merge() {
  local target work corpus
  for target in $targets; do
    work=$(mktemp -d)
    corpus=testbench/fuzz/corpus/$target
    mkdir -p "$work/all" "$work/chosen" "build/fuzz/fuzz/$target/found"
    "build/fuzz/testbench/fuzz/fuzz_$target" -set_cover_merge=1 -merge_control_file="$work/control" -use_counters=0 \
      -use_cmp=0 -max_len="$(plan_of "$target" 3)" "$work/all" "$corpus" "build/fuzz/fuzz/$target/found" \
      >"$work/log" 2>&1 || die "merging $target failed: see $work/log"
    say "$target: $(python3 -B testbench/fuzz/choose_corpus.py "$work/control" "$work/chosen")"
    rm -rf "$corpus"
    cp -r "$work/chosen" "$corpus"
    rm -rf "$work"
  done
}

case "${1:-}" in
  "") build && run_all ;;
  --merge) build && merge ;;
  --built) [ $# = 3 ] || usage; run "$2" "$3" "$(plan_of "$3" 2)" ;;
  -*) usage ;;
  *)
    grep -qx "$1" <<<"$targets" || die "no target is named $1; there are: $(paste -sd ' ' <<<"$targets")"
    build && run "$root/build/fuzz" "$1" "${2:-$(plan_of "$1" 2)}"
    ;;
esac
