# What is installed beside the program and its manual pages, and the Debian package, which
# scripts/package makes. Everything goes to the places of GNUInstallDirs.
include(GNUInstallDirs)

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CONTRIBUTING.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# Of a release: what is new in it.
install(FILES "${PROJECT_SOURCE_DIR}/docs/changelog/${PROJECT_VERSION}.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  RENAME NEWS.md OPTIONAL)
# As they lie here: the README refers to them.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN changelog EXCLUDE PATTERN pages EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/share/alerts.yml" "${PROJECT_SOURCE_DIR}/share/grafana-dashboard.json"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/snapfs")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME snapfs)
set(CPACK_PACKAGE_VENDOR "the snapfs authors")
set(CPACK_PACKAGE_CONTACT "The snapfs authors <snapfs@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "encrypted, deduplicated snapshots as a directory tree")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/finish.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
  "${PROJECT_SOURCE_DIR}/packaging/debian/prerm" "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "snapfs writes encrypted, deduplicated, compressed snapshots of directories
to repositories in the format of restic: in directories, on hosts that ssh
reaches, on REST servers, in object stores. It shows them as an ordinary
read-only directory tree, from which files are restored with the tools one
knows already.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libcurl is loaded when it is needed first, so that shlibdeps does not see it.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fuse3, libcurl4t64 | libcurl4")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openssh-client, rclone, rsync, prometheus-node-exporter")
include(CPack)
