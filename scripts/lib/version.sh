# Which version the sources have. Sourced, not run.
# shellcheck shell=bash

# The version of the last release, or of the first one to come.
project_version() {
  local version
  version=$(sed -n 's/^project(snapfs VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
  [[ -n $version ]] || { echo "CMakeLists.txt names no version" >&2 && return 1; }
  echo "$version"
}

# The version of what is checked out: between releases each commit has one of its own, later than those of the commits before it.
# Before the release of the version that CMakeLists.txt names, "~" sorts lower; after it, "+" sorts higher.
commit_version() {
  local version tag dirty=''
  version=$(project_version) || return 1
  if [[ $(git rev-parse --is-shallow-repository) == true ]]; then
    echo "this clone does not have all commits, by which versions are counted: git fetch --unshallow --tags" >&2
    return 1
  fi
  [[ -z $(git status --porcelain --untracked-files=no) ]] || dirty=.dirty
  tag=v$version
  if ! git merge-base --is-ancestor "refs/tags/$tag" HEAD 2>/dev/null; then
    version+="~$(git rev-list --count HEAD).$(git rev-parse --short=12 HEAD)$dirty"
  elif [[ -n $dirty || $(git rev-parse HEAD) != $(git rev-parse "$tag^{commit}") ]]; then
    version+="+$(git rev-list --count "$tag..HEAD").$(git rev-parse --short=12 HEAD)$dirty"
  fi
  echo "$version"
}
