# Compiler flags and the third-party libraries, found once for the whole project.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(SNAPFS_CCACHE ccache)
if(SNAPFS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SNAPFS_CCACHE}")
endif()
if(SNAPFS_CCACHE)
  set(SNAPFS_PRECOMPILED_DEFAULT OFF)
else()
  set(SNAPFS_PRECOMPILED_DEFAULT ON)
endif()

# One interface target carries what every library of the project is compiled with.
add_library(snapfs_flags INTERFACE)
target_compile_options(snapfs_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor)
target_include_directories(snapfs_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(snapfs_flags INTERFACE
  SNAPFS_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
if(SNAPFS_WERROR)
  target_compile_options(snapfs_flags INTERFACE -Werror)
endif()
if(SNAPFS_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SNAPFS_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Boost.Fiber's headers have a fence in intrusive_ptr_release, which GCC says it cannot model.
    add_compile_options(-Wno-tsan)
  endif()
elseif(NOT SNAPFS_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SNAPFS_SANITIZE is '${SNAPFS_SANITIZE}'; it can be address, thread or empty")
endif()

if(SNAPFS_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SNAPFS_FUZZ needs libFuzzer, which comes with clang: -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

if(SNAPFS_STATIC)
  # Archives of everything; of those that a library needs itself, too.
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(PKG_CONFIG_ARGN --static)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(Boost_USE_STATIC_LIBS ON)
  target_compile_definitions(snapfs_flags INTERFACE SNAPFS_STATIC)
  add_compile_options(-fPIE)
  # The linker warns of functions that load modules: cli/process/static_program.h keeps them from it.
  add_link_options(-static-pie -Wl,--no-warnings)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS fiber context json)
pkg_check_modules(Sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(Zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(Archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(Curl REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(Pugixml REQUIRED IMPORTED_TARGET pugixml)
# Only its headers are used: the library that the package brings is another one's.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
pkg_check_modules(Fuse REQUIRED IMPORTED_TARGET fuse3>=3.10)

# Messages are formatted everywhere.
target_link_libraries(snapfs_flags INTERFACE fmt::fmt)

include(SnapfsPrecompiled)
include(SnapfsSanitizer)
