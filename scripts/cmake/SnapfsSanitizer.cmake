# snapfs_sanitizer_shim: what a program that runs fibers links in sanitizer builds; empty otherwise.
# snapfs_test() links it; programs that are no tests name it themselves.
add_library(snapfs_sanitizer_shim INTERFACE)
if(NOT SNAPFS_SANITIZE STREQUAL "")
  string(TOUPPER "${SNAPFS_SANITIZE}" _kind)
  add_library(snapfs_sanitizer_fibers OBJECT "${PROJECT_SOURCE_DIR}/tests/support/sanitizer_fibers.cc")
  target_compile_definitions(snapfs_sanitizer_fibers PRIVATE SNAPFS_SANITIZE_${_kind})
  # It switches stacks under the sanitizer's feet and must not be instrumented itself.
  target_compile_options(snapfs_sanitizer_fibers PRIVATE -fno-sanitize=all -Wall -Wextra)
  target_link_libraries(snapfs_sanitizer_shim INTERFACE
    $<TARGET_OBJECTS:snapfs_sanitizer_fibers> ${CMAKE_DL_LIBS}
    # The program's routines must be seen by libboost_fiber.so.
    -Wl,--export-dynamic-symbol=make_fcontext
    -Wl,--export-dynamic-symbol=jump_fcontext
    -Wl,--export-dynamic-symbol=ontop_fcontext)
endif()
