# Shared by the scripts of this folder (sourced, not run): where the repository is, how many jobs to run, and step
# lines with their time. Everything printed here goes to stderr, so that stdout stays the program's own.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# One job a processor, but no more than one for every 2 GiB of memory: Verilated code at -O3 needs that much.
jobs() {
  local processors memory_kib by_memory
  processors=$(nproc)
  memory_kib=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
  by_memory=$((memory_kib / 2097152))
  ((by_memory < 1)) && by_memory=1
  echo $((processors < by_memory ? processors : by_memory))
}

# step TITLE COMMAND...: says what runs, runs it with its output on stderr, and says how long it took. Returns the
# command's status.
step() {
  local title=$1 begin=$SECONDS status=0
  shift
  say "==> $title"
  "$@" >&2 || status=$?
  if ((status == 0)); then
    say "    done in $((SECONDS - begin)) s: $title"
  else
    say "    failed after $((SECONDS - begin)) s (status $status): $title"
  fi
  return "$status"
}
