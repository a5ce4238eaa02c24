# Completions of shells, from the program's own table of commands, and where they are installed. They come with the program, so that
# whoever builds nothing else can install it. To be included where the program is made.
set(snapfs_completions "${CMAKE_BINARY_DIR}/completions")
add_custom_command(TARGET snapfs POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E make_directory "${snapfs_completions}"
  COMMAND snapfs generate --bash-completion "${snapfs_completions}/snapfs"
          --zsh-completion "${snapfs_completions}/_snapfs" --fish-completion "${snapfs_completions}/snapfs.fish"
  BYPRODUCTS "${snapfs_completions}/snapfs" "${snapfs_completions}/_snapfs" "${snapfs_completions}/snapfs.fish"
  VERBATIM)
install(FILES "${snapfs_completions}/snapfs" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${snapfs_completions}/snapfs.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
# Debian's zsh has a place of its own for what packages bring.
set(SNAPFS_ZSH_DIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING "Where zsh looks for completions, below the prefix")
install(FILES "${snapfs_completions}/_snapfs" DESTINATION "${SNAPFS_ZSH_DIR}")
