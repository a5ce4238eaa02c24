# Libraries for a program that is linked statically: those of which Debian has no archive, or one
# that wants half of the system beside it. Built from Debian's own sources, with as little in them
# as snapfs uses. Sourced, not run.
# shellcheck shell=bash

# Runs apt-get with sources in place of binaries: a configuration below DIRECTORY, made of the
# machine's own.
apt_sources() {
  local directory=$1 file
  shift
  if [[ ! -e $directory/sources ]]; then
    mkdir -p "$directory/lists/partial" "$directory/new"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
      [[ -s $file ]] || continue
      sed -E 's/^deb([[:space:]])/deb-src\1/; s/^Types:.*/Types: deb-src/' "$file" >"$directory/new/${file##*/}"
    done
    mv "$directory/new" "$directory/sources"
    apt_sources "$directory" update
  fi
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$directory/sources" \
    -o Dir::State::Lists="$directory/lists" -o Dir::Cache::pkgcache='' -o Dir::Cache::srcpkgcache='' \
    -o APT::Sandbox::User='' "$@" >&2
}

# Builds the package SOURCE below WORK and installs it to WORK/installed, and its licence and version
# to WORK/installed/licences, unless that is done. Remaining arguments are CMake's, which obeys CFLAGS
# and the like, too.
build_library() {
  local work=$1 source=$2 tree
  shift 2
  [[ -e $work/installed/licences/$source ]] && return 0
  rm -rf "${work:?}/$source"
  mkdir -p "$work/$source"
  (cd "$work/$source" && apt_sources "$work/apt" source "$source")
  tree=$(find "$work/$source" -mindepth 1 -maxdepth 1 -type d)
  cmake -S "$tree" -B "$work/$source/build" -G Ninja -DCMAKE_INSTALL_PREFIX="$work/installed" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C{,XX}_FLAGS_RELEASE=-DNDEBUG -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@" >&2
  cmake --build "$work/$source/build" >&2
  cmake --install "$work/$source/build" >&2
  mkdir -p "$work/installed/licences"
  echo "$source $(dpkg-parsechangelog --file "$tree/debian/changelog" --show-field Version)" >>"$work/installed/licences/VERSIONS"
  cp "$tree/debian/copyright" "$work/installed/licences/$source"
}

# All of them, to WORK/installed.
build_static_libraries() {
  local work=$1
  build_library "$work" fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
  build_library "$work" simdjson -DSIMDJSON_JUST_LIBRARY=ON
  build_library "$work" libarchive -DENABLE_{MBEDTLS,NETTLE,OPENSSL,LIBB2,LZ4,LZO,LZMA,ZSTD,BZip2,LIBXML2,EXPAT,PCREPOSIX}=OFF \
    -DENABLE_{TAR,CPIO,CAT,XATTR,ACL,TEST}=OFF
  build_library "$work" curl -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DBUILD_CURL_EXE=OFF \
    -DCURL_{ZLIB,BROTLI,ZSTD,USE_LIBPSL,USE_LIBSSH2,USE_LIBSSH,USE_GSSAPI}=OFF -DUSE_{NGHTTP2,LIBIDN2}=OFF
  # Its build with CMake writes down shared libraries, and the compiler's own.
  # shellcheck disable=SC2016  # pkg-config expands it
  sed -i 's/^Libs:.*/Libs: -L${libdir} -lcurl/; s/^Libs\.private:.*/Libs.private: -lssl -lcrypto/' \
    "$work/installed/lib/pkgconfig/libcurl.pc"
}
