// libcurl's handles, owned. Only for the sources of this folder: nobody else sees libcurl.
#pragma once

#include <memory>

#include <curl/curl.h>

namespace snapfs {

struct CurlCloser {
  void operator()(CURL* easy) const noexcept { ::curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlCloser>;

struct CurlListCloser {
  void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListCloser>;

struct CurlMultiCloser {
  void operator()(CURLM* multi) const noexcept { ::curl_multi_cleanup(multi); }
};
using CurlMulti = std::unique_ptr<CURLM, CurlMultiCloser>;

}  // namespace snapfs
