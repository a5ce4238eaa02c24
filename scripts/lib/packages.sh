# Debian packages that the project needs, and how to get them without asking. Sourced, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # used by the scripts that source this file
build_packages=(
  g++ cmake ninja-build pkg-config ccache
  libboost-fiber1.81-dev libboost-context1.81-dev libboost-json1.81-dev libfuse3-dev fuse3
  libsodium-dev libssl-dev libzstd-dev libsimdjson-dev libfmt-dev libarchive-dev tzdata
  # CMake's configuration needs GoogleTest because the tests are part of the default build.
  libgtest-dev libgmock-dev
)
# shellcheck disable=SC2034
test_packages=(restic openssl rsync attr acl libcap2-bin mtree-netbsd python3 strace fio stress-ng
  systemd plocate)
# shellcheck disable=SC2034
check_packages=(clang clang-format clang-tidy shellcheck mandoc python3)

# Prints those of the packages named that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
      echo "$package"
  done
}

# Runs a command as root: directly, or through sudo when that asks no password.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  else
    sudo --non-interactive "$@"
  fi
}

may_become_root() {
  [[ $(id -u) -eq 0 ]] || sudo --non-interactive true 2>/dev/null
}

# Installs what is missing of the packages named. Returns 1, after saying what is missing, when it
# may not.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "this is no Debian system: packages are not checked; needed are the likes of: $*" >&2
    return 0
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  if ! may_become_root; then
    echo "these packages are missing, and only root may install them:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends \
    install "${missing[@]}" >&2
}
