// libcurl's handles, owned. Only for the sources of this folder.
#pragma once

#include <memory>

#include "fs/backend/http/curl_library.h"

namespace snapfs {

struct CurlCloser {
  void operator()(CURL* easy) const noexcept { libcurl().easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlCloser>;

struct CurlListCloser {
  void operator()(curl_slist* list) const noexcept { libcurl().slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListCloser>;

struct CurlMultiCloser {
  void operator()(CURLM* multi) const noexcept { libcurl().multi_cleanup(multi); }
};
using CurlMulti = std::unique_ptr<CURLM, CurlMultiCloser>;

}  // namespace snapfs
