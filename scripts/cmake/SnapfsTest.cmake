# snapfs_test(NAME name SOURCES a_test.cc … LIBS lib …)
# One test program a folder, its cases known to ctest one by one.
include(GoogleTest)
find_package(GTest REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS SSL)

# What a test is made of runs once: what it saves to optimise it less is a quarter of its compiling.
add_library(snapfs_test_flags INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(snapfs_test_flags INTERFACE -O1)
endif()

function(snapfs_test)
  cmake_parse_arguments(TEST "" "NAME" "SOURCES;LIBS" ${ARGN})
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  target_link_libraries(${TEST_NAME} PRIVATE snapfs_flags snapfs_test_flags snapfs_sanitizer_shim ${TEST_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  snapfs_precompiled_test(${TEST_NAME})
  # The limit only ends what hangs.
  gtest_discover_tests(${TEST_NAME} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
