// libcurl in a program that is linked statically: such a one cannot load it.
#include "fs/backend/http/curl_library.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

CurlLibrary initialised() {
  if (::curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorCode::kOutOfResources, "out of memory");
  }
  return {
      .easy_cleanup = &::curl_easy_cleanup,
      .easy_getinfo = &::curl_easy_getinfo,
      .easy_init = &::curl_easy_init,
      .easy_pause = &::curl_easy_pause,
      .easy_setopt = &::curl_easy_setopt,
      .easy_strerror = &::curl_easy_strerror,
      .getdate = &::curl_getdate,
      .global_init = &::curl_global_init,
      .multi_add_handle = &::curl_multi_add_handle,
      .multi_cleanup = &::curl_multi_cleanup,
      .multi_info_read = &::curl_multi_info_read,
      .multi_init = &::curl_multi_init,
      .multi_perform = &::curl_multi_perform,
      .multi_poll = &::curl_multi_poll,
      .multi_remove_handle = &::curl_multi_remove_handle,
      .multi_setopt = &::curl_multi_setopt,
      .multi_strerror = &::curl_multi_strerror,
      .multi_wakeup = &::curl_multi_wakeup,
      .slist_append = &::curl_slist_append,
      .slist_free_all = &::curl_slist_free_all,
      .version_info = &::curl_version_info,
  };
}

}  // namespace

const CurlLibrary& libcurl() {
  static const CurlLibrary curl = initialised();
  return curl;
}

}  // namespace snapfs
