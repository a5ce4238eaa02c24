# snapfs_precompiled(TARGET): the target's sources find the headers that nearly all of them include
# parsed already, which is a third of the time of a build from nothing. ccache recognises what it compiled by the text of the
# headers, so with it they stay text. Every file includes what it uses all the same: clang's build of scripts/check goes without.
option(SNAPFS_PRECOMPILED "Parse common headers once; only useful without ccache" "${SNAPFS_PRECOMPILED_DEFAULT}")

set(_common_headers
  <algorithm> <array> <atomic> <cerrno> <chrono> <condition_variable> <cstddef> <cstdint> <exception>
  <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <stop_token> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

# One set of parsed headers for all libraries and programs, one for all tests.
function(_snapfs_precompile NAME)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/${NAME}.cc" CONTENT "// Holds precompiled headers.\n")
  add_library(${NAME} OBJECT "${CMAKE_BINARY_DIR}/${NAME}.cc")
  target_link_libraries(${NAME} PRIVATE snapfs_flags ${ARGN})
endfunction()

if(SNAPFS_PRECOMPILED)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It forgets which of the code came from the system, and warns of the insides of std::string.
    target_compile_options(snapfs_flags INTERFACE
      -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
  _snapfs_precompile(snapfs_precompiled_headers)
  target_precompile_headers(snapfs_precompiled_headers PRIVATE ${_common_headers})
endif()

function(snapfs_precompiled TARGET)
  if(SNAPFS_PRECOMPILED)
    target_precompile_headers(${TARGET} REUSE_FROM snapfs_precompiled_headers)
  endif()
endfunction()

function(snapfs_precompiled_test TARGET)
  if(NOT SNAPFS_PRECOMPILED)
    return()
  endif()
  if(NOT TARGET snapfs_precompiled_test_headers)
    _snapfs_precompile(snapfs_precompiled_test_headers snapfs_test_flags GTest::gmock GTest::gtest)
    target_precompile_headers(snapfs_precompiled_test_headers PRIVATE ${_common_headers}
      <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${TARGET} REUSE_FROM snapfs_precompiled_test_headers)
endfunction()
