# What somebody types from nothing to the first restored file, each command shown, counted and timed. Run by scripts/walk, with bash, in
# a home directory that is empty. $1, if given, is a package to install first. A table comes last.
# shellcheck shell=bash
set -euo pipefail

steps=() commands=() milliseconds=()

step() {
  steps+=("$1") commands+=(0) milliseconds+=(0)
  printf '\n# %s\n' "$1"
}

# Shows a line as it is typed, and runs it as such.
typed() {
  local last=$((${#steps[@]} - 1)) before after
  printf '$ %s\n' "$1"
  before=$(date +%s%3N)
  eval "$1"
  after=$(date +%s%3N)
  commands[last]=$((commands[last] + 1))
  milliseconds[last]=$((milliseconds[last] + after - before))
}

seconds() { printf '%d.%01d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

table() {
  local index count=0 total=0
  printf '\n| step | commands | seconds |\n|---|---:|---:|\n'
  for index in "${!steps[@]}"; do
    printf '| %s | %d | %s |\n' "${steps[index]}" "${commands[index]}" "$(seconds "${milliseconds[index]}")"
    count=$((count + commands[index])) total=$((total + milliseconds[index]))
  done
  printf '| in all | %d | %s |\n' "$count" "$(seconds "$total")"
}

cd ~
# What the user has before: 200 files, 58 MB of text.
mkdir -p work/notes
for number in {1..200}; do seq $((number * 500)) >"work/notes/$number"; done
echo 'first line' >work/report.txt
trap 'mountpoint -q ~/mnt && fusermount3 -uz ~/mnt' EXIT

if [[ -n ${1-} ]]; then
  step "install the package"
  typed 'apt-get -qq update'
  typed "apt-get -qq --yes --no-install-recommends install fuse3 $1 >/dev/null"
fi
step "write a profile"
typed '(umask 077; head -c 18 /dev/urandom | base64 > ~/.snapfs-password)'
typed 'snapfs profile init home -r ~/snapshots -p ~/.snapfs-password'
typed "sed -i 's|^sources = .*|sources = [\"~/work\"]|' ~/.config/snapfs/home.toml"
typed 'snapfs profile check home'
step "take a snapshot"
typed 'snapfs -P home init'
typed 'snapfs -P home run'
step "see that it comes back"
typed 'snapfs -P home snapshot --quiet --metrics ~/snapfs.prom'
typed 'grep ^snapfs_run_success_timestamp_seconds ~/snapfs.prom'
typed 'snapfs -P home drill'
step "mount the snapshots"
typed 'mkdir ~/mnt'
typed 'snapfs -P home mount --background ~/mnt'
step "restore a file"
typed 'rm ~/work/report.txt'
typed "cp -a ~/mnt/snapshots/latest$HOME/work/report.txt ~/work/"
[[ $(cat ~/work/report.txt) == 'first line' ]]
step "put away"
typed 'snapfs umount ~/mnt'
table
