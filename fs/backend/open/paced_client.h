// HTTP at no more than the user's rates.
#pragma once

#include <cstdint>
#include <utility>

#include "fs/backend/http/curl_client.h"
#include "fs/base/rate_limit.h"

namespace snapfs {

/// Bytes a second; 0: as fast as it goes.
struct TransferRates {
  std::uint64_t upload = 0;
  std::uint64_t download = 0;
};

/// A CurlClient and the limits that it goes by.
class PacedClient final : public HttpClient {
 public:
  /// Those of `options` are not looked at.
  PacedClient(CurlClientOptions options, const TransferRates& rates)
      : upload_(rates.upload), download_(rates.download), client_(limited(std::move(options))) {}

  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
    return client_.perform(request, stop);
  }

 private:
  CurlClientOptions limited(CurlClientOptions options) {
    options.limits = {upload_.is_unlimited() ? nullptr : &upload_,
                      download_.is_unlimited() ? nullptr : &download_};
    return options;
  }

  RateLimit upload_;
  RateLimit download_;
  CurlClient client_;
};

}  // namespace snapfs
