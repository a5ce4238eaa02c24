# Debian packages that the project needs, and how to get them without asking. Sourced, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # used by the scripts that source this file
build_packages=(
  g++ cmake ninja-build pkg-config boost-fiber boost-context boost-json libfuse3-dev fuse3
  libsodium-dev libssl-dev libzstd-dev libsimdjson-dev libfmt-dev libarchive-dev libcurl4-openssl-dev
  libpugixml-dev libtomlplusplus-dev tzdata
)
# shellcheck disable=SC2034
test_packages=(libgtest-dev libgmock-dev restic openssl rsync attr acl libcap2-bin mtree-netbsd python3 python3-yaml strace fio stress-ng
  systemd systemd-container plocate openssh-client openssh-sftp-server)
# shellcheck disable=SC2034
package_packages=(dpkg-dev file gzip git)
# Archives of libraries that others of them need, and what builds those that have none.
# shellcheck disable=SC2034
tarball_packages=(dpkg-dev file git gzip tar zlib1g-dev)
# Tests that need these are skipped without them.
# shellcheck disable=SC2034
optional_test_packages=(rclone btrfs-progs xfsprogs zsh fish)
# shellcheck disable=SC2034
check_packages=(libgtest-dev libgmock-dev clang clang-format clang-tidy shellcheck mandoc python3)
# The documents as HTML; the test that looks at it is skipped without them.
# shellcheck disable=SC2034
pages_packages=(mkdocs mkdocs-material mandoc)
# shellcheck disable=SC2034
fuzz_packages=(clang libclang-rt-dev libgtest-dev libgmock-dev python3)

# The oldest Boost that will do.
boost_minimum=1.81

# The versions of Boost whose headers are installed.
installed_boosts() {
  # shellcheck disable=SC2016  # dpkg-query expands them
  dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}\n' 'libboost1.*-dev' 2>/dev/null |
    sed -n 's/^ii *libboost\(1\.[0-9]*\)-dev$/\1/p'
}

# The version of Boost to build with: the one whose headers are installed, or else the newest that
# there is. Every release of a distribution has others, its default may be too old, and two versions
# cannot be installed side by side.
boost_version() {
  local versions
  versions=$(installed_boosts)
  versions=${versions:-$(apt-cache --names-only search '^libboost-fiber1\.[0-9]+-dev$' |
    sed -n 's/^libboost-fiber\(1\.[0-9]*\)-dev .*/\1/p')}
  printf '%s\n' "$boost_minimum" "$versions" | sort --version-sort | tail -n 1
}

# Prints, a line each, the packages that "apt-get $@" would remove.
would_be_removed() {
  apt-get --simulate "$@" 2>/dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p'
}

# Says so when Boost is installed in a version that is too old, which keeps every other one out, and
# what to do about it: apt would only refuse. Returns 1 then.
check_boost() {
  local versions old others
  versions=$(installed_boosts)
  old=$(printf '%s\n' "$boost_minimum" "$versions" | sort --version-sort | head -n 1)
  [[ -z $versions || $old == "$boost_minimum" ]] && return 0
  # Those that need it go with it.
  others=$(would_be_removed remove "libboost$old-dev" | grep -vx "libboost$old-dev" | xargs)
  echo "Boost $old is installed, but $boost_minimum or newer is needed, and two versions cannot be there side by side:" \
    "apt-get remove libboost$old-dev${others:+ (with it go $others)}, then try again" >&2
  return 1
}

# Prints the packages named as this release of the distribution calls them, one a line.
real_packages() {
  local package version
  version=$(boost_version)
  for package in "$@"; do
    case $package in
      boost-*) echo "lib$package$version-dev" ;;
      *) echo "$package" ;;
    esac
  done
}

# Prints those of the packages named that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
      echo "$package"
  done
}

# Prints those of the packages named that are installed, or can be: a release that is in the making
# lacks one or the other for a while.
obtainable_packages() {
  local package
  for package in "$@"; do
    if [[ -z $(missing_packages "$package") ]] || apt-cache policy "$package" | grep -q 'Candidate: [^(]'; then
      echo "$package"
    else
      echo "this release has no $package: tests that need it are skipped" >&2
    fi
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

# apt-get that asks nothing, and waits for another one to end, as at the first start of a new
# machine, rather than failing.
apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@" >&2
}

# Which commands install what a build needs where there is no apt.
say_other_packages() {
  local system
  # shellcheck source=/dev/null
  system=$(source /etc/os-release 2>/dev/null && echo "${ID-} ${ID_LIKE-}")
  echo "packages are only installed on Debian and its kin; what a build needs:" >&2
  case " $system " in
    *" fedora "*)
      echo "  dnf install gcc-c++ cmake ninja-build pkgconf-pkg-config boost-devel fuse3-devel fuse3" \
        "libsodium-devel openssl-devel libzstd-devel simdjson-devel fmt-devel libarchive-devel" \
        "libcurl-devel pugixml-devel tomlplusplus-devel gtest-devel gmock-devel tzdata" >&2
      ;;
    *" arch "*)
      echo "  pacman -S --needed gcc cmake ninja pkgconf boost fuse3 libsodium openssl zstd simdjson fmt" \
        "libarchive curl pugixml tomlplusplus gtest tzdata" >&2
      ;;
    *) echo "  the likes of ${build_packages[*]} (Boost $boost_minimum or newer)" >&2 ;;
  esac
}

# Installs what is missing of the packages named. Returns 1, after saying what is missing, when it
# may not. Where there is no apt it says what a build needs, and leaves the rest to the build.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say_other_packages
    return 0
  fi
  local wanted missing
  mapfile -t wanted < <(real_packages "$@")
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  [[ "${missing[*]}" != *libboost* ]] || check_boost || return 1
  if ! may_become_root; then
    echo "these packages are missing, and only root may install them:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    return 1
  fi
  apt update
  # The lists tell which versions there are.
  mapfile -t wanted < <(real_packages "$@")
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  echo "installing: ${missing[*]}" >&2
  apt --yes --no-install-recommends --no-remove install "${missing[@]}" && return 0
  local removed
  removed=$(would_be_removed install "${missing[@]}" | xargs)
  [[ -z $removed ]] || echo "these packages would take the place of others, which only you may decide:" \
    "apt-get remove $removed, then try again" >&2
  return 1
}
