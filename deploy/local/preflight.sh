#!/bin/sh
# preflight.sh node|demo|test: names everything that this machine lacks, each with the command that brings it, and
# fails then. It runs before there is a Node, and needs nothing but a shell.
#   node   what installs the dependencies
#   demo   and what Kafka and Redis need, in Docker or natively
#   test   and what they need natively, because tests kill them
set -u
goal=${1:-demo}
# What `make` was asked for.
target=${2:-$goal}
lacks=

has() { command -v "$1" >/dev/null 2>&1; }

# lack WHAT COMMAND…
lack() {
  [ -n "$lacks" ] || echo 'This machine lacks:' >&2
  lacks=yes
  echo "  - $1" >&2
  shift
  for command in "$@"; do echo "      $command" >&2; done
}

# A command that installs packages, as this system names them: with apt-get, dnf, apk and brew.
install() {
  root=
  [ "$(id -u 2>/dev/null)" = 0 ] || root='sudo '
  if has apt-get; then echo "${root}apt-get install --yes $1"
  elif has dnf; then echo "${root}dnf install --assumeyes $2"
  elif has apk; then echo "${root}apk add $3"
  elif has brew; then echo "brew install $4"
  else echo "$5"
  fi
}

# The first number of a version such as v20.11.1, 17.0.2 or 1.8.0_392.
major() {
  version=${1#v}
  version=${version#1.}
  echo "${version%%[!0-9]*}"
}

check_node() {
  if ! has node; then
    lack 'Node.js 20 or newer, with npm' \
      "$(install 'nodejs npm' 'nodejs npm' 'nodejs npm' node 'see https://nodejs.org/en/download')" \
      'or see https://nodejs.org/en/download, where your system has an older one'
    return
  fi
  version=$(node --version 2>/dev/null)
  if ! has npm; then
    lack "npm, beside Node.js $version" "$(install npm npm npm node 'see https://nodejs.org/en/download')"
  elif [ "$(major "$version")" -lt 20 ] 2>/dev/null || [ -z "$(major "$version")" ]; then
    lack "Node.js 20 or newer: this is ${version:-none that runs}" \
      "npm exec --yes --package node@24 -- make $target"
  fi
}

# Java 17 is the oldest that Kafka's brokers run on. Source: https://kafka.apache.org/41/operations/java-version/
check_kafka() {
  [ -z "${KAFKA_BROKERS:-}" ] || return 0
  java=$(install default-jdk-headless java-21-openjdk-headless openjdk17-jre-headless openjdk 'see https://adoptium.net')
  if ! has java; then
    lack 'Java 17 or newer, for Kafka' "$java"
  else
    found=$(java -version 2>&1)
    number=${found#*version \"}
    [ "$(major "$number")" -ge 17 ] 2>/dev/null ||
      lack "Java 17 or newer, for Kafka: this is ${number%%\"*}" "$java"
  fi
  has mvn ||
    lack 'Maven, which fetches Kafka' "$(install maven maven maven maven 'see https://maven.apache.org/install.html')"
}

# Where there is apt-get and the right to use it, what is missing is installed on the way.
check_redis() {
  [ -z "${REDIS_URL:-}" ] || return 0
  has redis-server && return 0
  if has apt-get; then
    has redis-check-rdb || [ "$(id -u 2>/dev/null)" = 0 ] || has sudo && return 0
  fi
  lack 'redis-server' "$(install redis-tools redis redis redis 'see https://redis.io/docs/latest/operate/oss_and_stack/install/')"
}

# What tests run besides; Chromium and Prometheus are fetched on the way where there is apt-get.
check_tools() {
  has git || lack git "$(install git git git git 'see https://git-scm.com/downloads')"
  has openssl || lack openssl "$(install openssl openssl openssl openssl 'see https://openssl-library.org')"
  has tar || lack tar "$(install tar tar tar gnu-tar 'install tar')"
  has ps || lack ps "$(install procps procps-ng procps procps 'install procps')"
  has apt-get && return 0
  has chromium || has chromium-browser ||
    lack Chromium "$(install chromium chromium chromium chromium 'see https://www.chromium.org/getting-involved/download-chromium/')"
  has prometheus && has promtool ||
    lack 'Prometheus with promtool' "$(install prometheus golang-github-prometheus prometheus prometheus 'see https://prometheus.io/download/')"
}

docker_answers() {
  has docker && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1
}

check_node
case $goal in
  demo)
    # Without asking Docker where the rest is there.
    lacks_before=$lacks
    natively=$( (lacks=; check_kafka; check_redis) 2>&1)
    if [ -n "$natively" ] && ! docker_answers; then
      lacks=$lacks_before
      check_kafka
      check_redis
      echo 'Instead of Java, Maven and Redis, a running Docker engine with Compose is enough, or' >&2
      echo 'KAFKA_BROKERS and REDIS_URL in the environment, which name a Kafka and a Redis that run.' >&2
    fi
    ;;
  test)
    check_kafka
    check_redis
    check_tools
    ;;
esac
[ -z "$lacks" ] || exit 1
