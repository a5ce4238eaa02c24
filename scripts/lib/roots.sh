# New roots of a Debian release, and commands in them. Sourced, not run; by root. Expects `work`, the directory of the roots, and
# `suite`, the release; `mirror`, if set, is where that is to be had. scripts/lib/packages.sh comes before it.
# shellcheck shell=bash disable=SC2154

# The mirror that this machine's own packages come from.
mirror_of_packages() {
  # shellcheck disable=SC2016  # apt expands it
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/\?$' || true
}

# Makes the root of that name, unless it is there.
make_root() {
  local root=$work/$1 from=${mirror-}
  if [[ ! -e $root/bootstrapped ]]; then
    rm -rf --one-file-system "$root"
    from=${from:-$(mirror_of_packages)}
    debootstrap --variant=minbase "$suite" "$root" ${from:+"$from"} >&2 || return 1
    touch "$root/bootstrapped"
  fi
  cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# Runs a command in a root, with its own mounts and processes: both end with it. With the variable `beside` it has its own network,
# too, and bash runs what that says before, on this machine.
inside() {
  local root=$work/$1 before=${beside-}
  # shellcheck disable=SC2016  # the inner shell expands them
  unshare --mount --pid --fork --kill-child ${before:+--net} bash -c '
    set -e
    mount --make-rprivate /
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    mount --rbind /sys "$0/sys"
    mount -t tmpfs tmpfs "$0/tmp"
    eval "$1"
    shift
    exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      TERM="${TERM-dumb}" "$@"
  ' "$root" "$before" "${@:2}"
}
