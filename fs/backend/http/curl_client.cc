#include "fs/backend/http/curl_client.h"

#include "fs/backend/http/curl_loop.h"
#include "fs/backend/http/curl_settings.h"
#include "fs/backend/http/curl_transfer.h"

namespace snapfs {

struct CurlClient::Parts {
  Parts(const CurlClientOptions& options, Timer& timer)
      : timer(timer), settings(options), loop(options.kept_connections, timer) {}

  Timer& timer;
  const CurlSettings settings;
  CurlLoop loop;
};

CurlClient::CurlClient(const CurlClientOptions& options, Timer& timer)
    : parts_(std::make_unique<Parts>(options, timer)) {}

CurlClient::~CurlClient() = default;

HttpResponse CurlClient::perform(const HttpRequest& request, const StopToken& stop) {
  CurlTransfer transfer(parts_->settings, request, parts_->timer);
  return parts_->loop.run(transfer, stop);
}

}  // namespace snapfs
