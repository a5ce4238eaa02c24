# snapfs_library(NAME name SOURCES a.cc … [PUBLIC dep …] [PRIVATE dep …])
# One static library a folder. PUBLIC only what the folder's headers need, PRIVATE the rest.
# The arrows that the dependencies may follow are checked by scripts/check.
function(snapfs_library)
  cmake_parse_arguments(LIB "" "NAME" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${LIB_NAME} STATIC ${LIB_SOURCES})
  target_link_libraries(${LIB_NAME} PUBLIC snapfs_flags ${LIB_PUBLIC} PRIVATE ${LIB_PRIVATE})
  snapfs_precompiled(${LIB_NAME})
endfunction()
