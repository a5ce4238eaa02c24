#include "fs/backend/http/curl_library.h"

#include <dlfcn.h>

#include <string_view>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

/// The name that its binary interface has had since 2006.
constexpr const char* kLibrary = "libcurl.so.4";

[[noreturn]] void throw_not_loaded() {
  const char* const words = ::dlerror();
  const std::string_view reason = words == nullptr ? kLibrary : words;
  // The loader has no codes, and says the same words whatever the language.
  const bool is_memory = reason.find("annot allocate memory") != std::string_view::npos ||
                         reason.find("failed to map segment") != std::string_view::npos;
  throw Error(
      is_memory ? ErrorCode::kOutOfResources : ErrorCode::kUnsupported,
      fmt::format("storage on the web needs libcurl, which cannot be loaded ({}): {}", reason,
                  is_memory ? "make more memory available to the program"
                            : "install it (the package libcurl4)"),
      kLibrary);
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) throw_not_loaded();
}

CurlLibrary load() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw_not_loaded();
  CurlLibrary curl{};
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_pause", curl.easy_pause);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_getdate", curl.getdate);
  find(library, "curl_global_init", curl.global_init);
  find(library, "curl_multi_add_handle", curl.multi_add_handle);
  find(library, "curl_multi_cleanup", curl.multi_cleanup);
  find(library, "curl_multi_info_read", curl.multi_info_read);
  find(library, "curl_multi_init", curl.multi_init);
  find(library, "curl_multi_perform", curl.multi_perform);
  find(library, "curl_multi_poll", curl.multi_poll);
  find(library, "curl_multi_remove_handle", curl.multi_remove_handle);
  find(library, "curl_multi_setopt", curl.multi_setopt);
  find(library, "curl_multi_strerror", curl.multi_strerror);
  find(library, "curl_multi_wakeup", curl.multi_wakeup);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  find(library, "curl_version_info", curl.version_info);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorCode::kOutOfResources, "out of memory");
  }
  return curl;
}

}  // namespace

const CurlLibrary& libcurl() {
  static const CurlLibrary curl = load();
  return curl;
}

}  // namespace snapfs
