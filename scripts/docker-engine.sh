#!/usr/bin/env bash
# docker-engine.sh start: prints nothing where a Docker engine answers; else starts one and prints its process id.
# docker-engine.sh stop PID: ends an engine that `start` started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

seconds_to_start=60
seconds_to_stop=30

answers() { docker version >/dev/null 2>&1; }

start() {
  local log pid waited sudo=()
  ! answers || return 0
  mkdir -p .tools
  log=.tools/dockerd.log
  say "starting a Docker engine, log in $log"
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" dockerd >"$log" 2>&1 </dev/null & # not by as_root: $! has to be the engine, or sudo, which hands signals on
  pid=$!
  for ((waited = 0; waited < seconds_to_start; waited++)); do
    if answers; then
      echo "$pid"
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 1
  done
  tail -n 20 "$log" >&2
  as_root kill "$pid" 2>/dev/null || true
  give_up 'the Docker engine did not start' "see $log; it needs root, iptables and a kernel with overlay and bridge networks"
}

stop() {
  local waited
  as_root kill "$1" 2>/dev/null || return 0
  for ((waited = 0; waited < seconds_to_stop; waited++)); do
    as_root kill -0 "$1" 2>/dev/null || return 0
    sleep 1
  done
  say "the Docker engine (process $1) did not stop within $seconds_to_stop seconds"
  return 1
}

case ${1:-} in
  start) start ;;
  stop) stop "${2:?usage: docker-engine.sh stop PID}" ;;
  *) give_up "docker-engine.sh ${1:-}: no such command" 'use start or stop' ;;
esac
