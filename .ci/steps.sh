# Sourced by .ci/run: steps that are counted, steps in the background, and what is skipped.

steps=$(mktemp -d)
export SKIPPED=$steps/skipped # .ci/skipped adds the tests that were skipped
: >"$SKIPPED"
passed=0
declare -A background

# What runs in the background is ended when this script ends early. The test of the real servers is waited for instead:
# if it were killed, it could not stop its servers.
cleanup() {
  local name pid
  for name in "${!background[@]}"; do
    pid=${background[$name]}
    [ "$name" = servers ] || kill -- "-$pid" 2>/dev/null || kill "$pid" 2>/dev/null || true
  done
  wait
  rm -rf "$steps"
}
trap cleanup EXIT

# step COMMAND: runs it, and counts it when it passes. When it fails, everything ends.
step() {
  printf '\n== %s (%ss)\n' "$*" "$SECONDS"
  "$@"
  passed=$((passed + 1))
}

# skip WHAT WHY
skip() {
  printf '\nSKIPPED: %s: %s\n' "$1" "$2"
  echo "$1: $2" >>"$SKIPPED"
}

# begin NAME COMMAND: runs it in the background, in a process group of its own. Its output is kept in $steps/NAME.log.
begin() {
  setsid "${@:2}" >"$steps/$1.log" 2>&1 </dev/null &
  background[$1]=$!
}

# finish NAME: waits for what begin started and counts it when it passed. Otherwise it prints its output and fails.
finish() {
  printf '\n== %s, in the background (%ss)\n' "$1" "$SECONDS"
  if ! wait "${background[$1]}"; then
    cat "$steps/$1.log"
    return 1
  fi
  unset "background[$1]"
  passed=$((passed + 1))
}

# summary prints how many steps passed, and each thing that was skipped.
summary() {
  local count
  count=$(wc -l <"$SKIPPED")
  printf '\nci: %d steps passed, %d skipped; the last step follows\n' "$passed" "$count"
  sed 's/^/  SKIPPED: /' "$SKIPPED"
}
