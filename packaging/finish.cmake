# CPack runs this over the files of the Debian package before it is put together: what Debian wants
# otherwise than "cmake --install" does it.
set(root "${CPACK_TEMPORARY_DIRECTORY}/usr")
set(documents "${root}/share/doc/snapfs")

# Debian's policy, 12.1: manual pages are compressed. -n: without the time of day.
file(GLOB pages "${root}/share/man/man*/*.[0-9]")
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)

# 12.7: the changelog in Debian's form. What changed is told in the other one, which a release has.
set(entry "Version ${CPACK_PACKAGE_VERSION}, between releases.")
if(EXISTS "${documents}/NEWS.md")
  set(entry "Version ${CPACK_PACKAGE_VERSION}. NEWS.md says what is new.")
endif()
execute_process(COMMAND date --utc --rfc-email "--date=@$ENV{SOURCE_DATE_EPOCH}"
  OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(WRITE "${documents}/changelog" "snapfs (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * ${entry}

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
execute_process(COMMAND gzip -9n "${documents}/changelog" COMMAND_ERROR_IS_FATAL ANY)

# 12.5: the licence stands in "copyright".
file(COPY "${CMAKE_CURRENT_LIST_DIR}/copyright" DESTINATION "${documents}"
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(REMOVE "${documents}/LICENSE")
file(READ "${documents}/README.md" readme)
string(FIND "${readme}" "](LICENSE)" place)
if(place EQUAL -1)
  message(FATAL_ERROR "README.md refers to no LICENSE any more: see where its links lead in a package")
endif()
string(REPLACE "](LICENSE)" "](copyright)" readme "${readme}")
file(WRITE "${documents}/README.md" "${readme}")
